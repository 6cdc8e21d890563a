-- The state of each feed that was sent last: each change is sent once, whichever process notices it.
CREATE TABLE tickets.alarms (
    feed text NOT NULL,
    alarm text NOT NULL CHECK (alarm IN ('run', 'freshness')),
    state text NOT NULL, -- ok, failed, refused; fresh, fleetfeed stopped, exporter stopped
    since timestamptz NOT NULL,
    PRIMARY KEY (feed, alarm)
);

-- The freshness of a feed at a moment; p_checked_after, unless null, replaces the feed's own limit. Two alarms: «fleetfeed
-- stopped» if the last check is too long ago; «exporter stopped» if the last check found an export that was too old. Both
-- count only the hours in which runs are scheduled.
CREATE FUNCTION tickets.freshness(
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
        SELECT (SELECT at FROM moment WHERE key = 'source_last_modified') AS written,
            (SELECT at FROM moment WHERE key = 'source_newest') AS newest,
            (SELECT at FROM moment WHERE key = 'loaded_at') AS loaded,
            (SELECT at FROM moment WHERE key = 'checked_at') AS checked
    ), judged AS (
        SELECT said.*, checked IS NOT NULL AND written IS NOT NULL AS known, CASE
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

CREATE OR REPLACE FUNCTION tickets.freshness(
    p_feed text, p_at timestamptz, OUT data_as_of timestamptz, OUT freshness json
)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT f.data_as_of, f.freshness FROM tickets.freshness(p_feed, p_at, NULL) AS f
$$;

REVOKE ALL ON FUNCTION tickets.freshness(text, timestamptz, interval) FROM PUBLIC;
