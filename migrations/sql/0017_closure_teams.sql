-- Which team closed a ticket, and which worked on it. Computed when a capture first sees a closure, from the change log
-- that `prune` may delete later; never computed again.

-- One row per row of closure_events. An episode is one closing of a ticket, until it is reopened; if its closing time
-- is corrected, it has several rows, of which one stands.
CREATE TABLE tickets.closure_teams (
    event_id bigint PRIMARY KEY,
    feed text NOT NULL,
    episode integer NOT NULL, -- of the ticket, from 1
    closing_team text, -- teams are as exported; null: unattributed
    basis text NOT NULL CHECK (basis IN ('row', 'last', 'owner', 'none', 'backfilled')),
    working_team text,
    stretch_minutes integer, -- of the working team; null if the beginning was not observed
    handovers integer NOT NULL,
    teams text[] NOT NULL, -- those that had the ticket in this episode, in order
    kind text NOT NULL CHECK (kind IN ('repaired', 'cancelled')),
    reopened_at timestamptz, -- when an export first showed it reopened
    reopened_run bigint, -- the run that showed it last: there the next episode begins
    corrected_from bigint, -- the event with the closing time before
    stands boolean NOT NULL DEFAULT true, -- false: the closing time was corrected
    computed_at timestamptz NOT NULL DEFAULT now()
);

-- Since when a feed's closures are attributed as they are captured; null: earlier ones are not attributed yet.
ALTER TABLE tickets.captures ADD COLUMN attributed_since timestamptz;

-- [teams] of fleetfeed.toml; `fleetfeed migrate` fills these three. A spelling or owner is stored as its key.
CREATE TABLE tickets.team_names (
    spelling text PRIMARY KEY,
    team text NOT NULL,
    desk boolean NOT NULL
);

CREATE TABLE tickets.team_owners (
    owner text PRIMARY KEY,
    team text NOT NULL
);

CREATE TABLE tickets.team_settings (
    min_n integer NOT NULL CHECK (min_n > 0)
);
INSERT INTO tickets.team_settings (min_n) VALUES (5);

-- The key by which spellings are compared: trimmed, without case, with single spaces. Without a search_path of its own,
-- so that it is inlined.
CREATE FUNCTION tickets.team_key(p_name text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT pg_catalog.lower(pg_catalog.btrim(pg_catalog.regexp_replace(p_name, '\s+', ' ', 'g')))
$$;

-- Tickets of a feed that are not closed: how they are closed one day is attributed by all of their changes.
CREATE FUNCTION tickets.unfinished(p_feed text) RETURNS SETOF text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM tickets.feed_schemas WHERE feed = p_feed) THEN
        RETURN QUERY EXECUTE format('SELECT tickets.%I()', p_feed || '_unfinished');
    END IF;
END $$;

REVOKE ALL ON FUNCTION tickets.team_key(text), tickets.unfinished(text) FROM PUBLIC;
