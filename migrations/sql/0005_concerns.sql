-- Concerns are sent, too: each change once.
ALTER TABLE tickets.alarms DROP CONSTRAINT alarms_alarm_check,
    ADD CONSTRAINT alarms_alarm_check CHECK (alarm IN ('run', 'freshness', 'content'));

-- Each computation of freshness looks up the last run of a feed.
CREATE INDEX import_runs_feed_run ON tickets.import_runs (feed, run_id DESC);

-- The freshness of a feed at a moment; p_checked_after, unless null, replaces the feed's own limit. Two alarms: «fleetfeed
-- stopped» if the last check is too long ago; «exporter stopped» if the last check found an export that was too old. Both
-- count only the hours in which runs are scheduled. Times in the future come from a
-- wrong clock: such a check does not count, such an export is as old as its load.
CREATE OR REPLACE FUNCTION tickets.freshness(
    p_feed text, p_at timestamptz, p_checked_after interval, OUT data_as_of timestamptz, OUT freshness json
)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH meta (key, value) AS (
        SELECT each.key, each.value
        FROM tickets.import_meta AS m CROSS JOIN LATERAL jsonb_each_text(m.metadata) AS each
        WHERE m.feed = p_feed
    ), moment (key, at) AS ( -- what is no time, in a row that another program wrote, is no reason to fail
        SELECT meta.key, CASE
            WHEN value ~ '(Z|[+-][01]\d(:?[0-5]\d)?)$'
                AND tickets.local_ts(regexp_replace(value, '(Z|[+-]\d\d(:?\d\d)?)$', '')) IS NOT NULL
            THEN value::timestamptz END
        FROM meta WHERE meta.key IN ('source_last_modified', 'source_newest', 'loaded_at', 'checked_at')
    ), said AS (
        SELECT CASE WHEN t.written > t.loaded + interval '1 day' THEN t.loaded ELSE t.written END AS written,
            t.newest, t.loaded, t.checked
        FROM (
            SELECT (SELECT at FROM moment WHERE key = 'source_last_modified') AS written,
                (SELECT at FROM moment WHERE key = 'source_newest') AS newest,
                (SELECT at FROM moment WHERE key = 'loaded_at') AS loaded,
                (SELECT at FROM moment WHERE key = 'checked_at') AS checked
        ) AS t
    ), judged AS (
        SELECT said.*, checked IS NOT NULL AND written IS NOT NULL AS known, CASE
            WHEN checked > p_at + interval '1 day' THEN 'fleetfeed stopped'
            WHEN tickets.scheduled_time(p_feed, checked, p_at)
                > coalesce(p_checked_after, s.checked_after, interval '60 minutes')
                THEN 'fleetfeed stopped'
            WHEN tickets.scheduled_time(p_feed, written, checked) > coalesce(s.source_after, interval '26 hours')
                THEN 'exporter stopped'
        END AS reason
        FROM said LEFT JOIN tickets.feed_settings AS s ON s.feed = p_feed
    )
    SELECT newest, json_build_object(
        'state', CASE WHEN NOT known THEN 'unknown' WHEN reason IS NULL THEN 'fresh' ELSE 'stale' END,
        'reason', CASE WHEN known THEN reason END,
        'source_key', (SELECT value FROM meta WHERE key = 'source_key'),
        'source_etag', (SELECT value FROM meta WHERE key = 'source_etag'),
        'source_last_modified', written,
        'loaded_at', loaded,
        'checked_at', checked,
        'content_lag_minutes', CASE WHEN newest > p_at THEN 0
            ELSE floor(extract(epoch FROM p_at - newest) / 60)::bigint END,
        'truncated', coalesce((SELECT value = 'true' FROM meta WHERE key = 'truncated'), false),
        'run_id', (SELECT value::bigint FROM meta WHERE key = 'run_id' AND value ~ '^\d{1,18}$')
    )
    FROM judged
$$;

-- What needs attention, however fresh the data is: `refused` (the newest export), `held` (the loaded export counts as
-- truncated), `new statuses` (the feed does not declare yet whether they are closed).
CREATE FUNCTION tickets.concerns(p_feed text) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH looked AS ( -- the last run that came to a verdict on the newest export
        SELECT r.outcome = 'refused' OR r.counts ? 'refused' AS refused FROM tickets.import_runs AS r
        WHERE r.feed = p_feed AND r.outcome IN ('loaded', 'unchanged', 'empty', 'refused')
            AND NOT r.counts ? 'replayed'
        ORDER BY r.run_id DESC LIMIT 1
    ), concern (place, name) AS (
        SELECT 1, 'refused' FROM looked WHERE refused
        UNION ALL SELECT 2, 'held' FROM tickets.import_meta WHERE feed = p_feed AND metadata ->> 'held' IS NOT NULL
        UNION ALL SELECT 3, 'new statuses' FROM tickets.import_meta
        WHERE feed = p_feed AND metadata -> 'new_statuses' <> '[]'
    )
    SELECT coalesce(array_agg(name ORDER BY place), '{}') FROM concern
$$;

-- The same for readers, who may not read the tables.
CREATE FUNCTION reporting.fn_concerns(p_feed text) RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT tickets.concerns(p_feed)
$$;

REVOKE ALL ON FUNCTION tickets.concerns(text), reporting.fn_concerns(text) FROM PUBLIC;
