-- The settings of each feed that views and functions need, from fleetfeed.toml; `fleetfeed migrate` fills it.

CREATE TABLE tickets.feed_settings (
    feed text PRIMARY KEY,
    place integer, -- among the feeds of the project: the first one is read where none is named; null: of none any more
    checked_after interval NOT NULL,
    source_after interval NOT NULL,
    timezone text NOT NULL, -- of the schedule
    hours integer[] NOT NULL, -- in which runs are scheduled
    weekdays integer[] NOT NULL -- 0 is Sunday
);

-- Minutes after which an open ticket is overdue; the kind `default` is for all other tickets.
CREATE TABLE tickets.sla_targets (
    feed text NOT NULL,
    kind text NOT NULL,
    minutes integer NOT NULL CHECK (minutes > 0),
    PRIMARY KEY (feed, kind)
);

-- How much of the time between two moments is within the hours in which a feed's runs are scheduled: outside of them, as
-- at night, no check is expected. Counts at most a month.
CREATE FUNCTION tickets.scheduled_time(p_feed text, p_since timestamptz, p_until timestamptz) RETURNS interval
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE
        WHEN s.feed IS NULL OR cardinality(s.hours) = 24 AND cardinality(s.weekdays) = 7
            OR p_until - p_since > interval '31 days' THEN greatest(p_until - p_since, interval '0')
        ELSE (
            SELECT coalesce(sum(least(h.hour + interval '1 hour', p_until) - greatest(h.hour, p_since)), interval '0')
            FROM generate_series(date_trunc('hour', p_since, s.timezone), p_until, interval '1 hour') AS h (hour)
            WHERE extract(hour FROM h.hour AT TIME ZONE s.timezone) = ANY (s.hours)
                AND extract(dow FROM h.hour AT TIME ZONE s.timezone) = ANY (s.weekdays)
        )
    END
    FROM (VALUES (p_feed)) AS one (feed) LEFT JOIN tickets.feed_settings AS s ON s.feed = one.feed
$$;

REVOKE ALL ON FUNCTION tickets.scheduled_time(text, timestamptz, timestamptz) FROM PUBLIC;
