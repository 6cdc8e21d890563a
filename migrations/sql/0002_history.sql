-- Observed history: closures; each feed has its own daily snapshot (see the feed's own objects).

-- Observed closures; append-only.
CREATE TABLE tickets.closure_events (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    feed text NOT NULL,
    ticket_id text NOT NULL,
    closed_at timestamptz,
    observed_at timestamptz NOT NULL DEFAULT now(),
    run_id bigint,
    cluster text,
    region text,
    assigned_team text,
    owner text,
    mttr integer,
    sla_status text,
    raw_status text
);
-- coalesce: a closure without a time is recorded once per ticket, not by every capture.
CREATE UNIQUE INDEX closure_events_once
    ON tickets.closure_events (feed, ticket_id, coalesce(closed_at, '-infinity'::timestamptz));
CREATE INDEX closure_events_closed ON tickets.closure_events (feed, closed_at);

-- Since when each feed's history is captured; what existed before was not observed.
CREATE TABLE tickets.captures (
    feed text PRIMARY KEY,
    first_at timestamptz NOT NULL
);

-- The captured loads. A load is looked up by its own number, not as «later than the last capture»: so one that began
-- early and committed late is found, too.
CREATE TABLE tickets.captured_runs (
    run_id bigint PRIMARY KEY,
    feed text NOT NULL
);

-- The changes of a load are adjacent, so this costs a load almost nothing.
CREATE INDEX ticket_changes_run ON tickets.ticket_changes USING brin (run_id) WITH (autosummarize = on);

-- Which objects `fleetfeed migrate` derived from each feed: name → digests of their SQL and of the created object.
ALTER TABLE tickets.feed_schemas ADD COLUMN objects jsonb NOT NULL DEFAULT '{}';

-- Capture a feed's new closures and the backlog of the day of `as_of`; safe to repeat. It waits for a run of the feed.
CREATE FUNCTION tickets.capture_history(feed text, as_of timestamptz DEFAULT now()) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM tickets.feed_schemas AS s WHERE s.feed = capture_history.feed) THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = format('there is no feed %L', feed),
            HINT = coalesce('It is one of: ' || (SELECT string_agg(s.feed, ', ' ORDER BY s.feed)
                FROM tickets.feed_schemas AS s) || '.', 'Run `fleetfeed migrate` first.');
    END IF;
    IF as_of IS NULL OR NOT isfinite(as_of) THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'as_of is no time', HINT = 'Leave it out for now().';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('fleetfeed:' || feed, 0));
    EXECUTE format('SELECT tickets.%I($1)', feed || '_capture_history') USING as_of;
END $$;

CREATE FUNCTION tickets.capture_history() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM tickets.capture_history('inc', now());
END $$;

REVOKE ALL ON FUNCTION tickets.capture_history(text, timestamptz), tickets.capture_history() FROM PUBLIC;
