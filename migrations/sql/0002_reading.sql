-- Shared by the functions of all feeds: freshness, the requested window; and the map of any feed.

-- The freshness of a feed at a moment. Two alarms: «fleetfeed stopped» if the last check is too long ago; «exporter
-- stopped» if the last check found an export that was too old. Both count only the hours in which runs are scheduled.
CREATE FUNCTION tickets.freshness(p_feed text, p_at timestamptz, OUT data_as_of timestamptz, OUT freshness json)
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
            WHEN tickets.scheduled_time(p_feed, checked, p_at) > coalesce(s.checked_after, interval '60 minutes')
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

-- The requested window. Raises 22023 if it is invalid.
CREATE FUNCTION tickets.asked_window(
    p_window text, p_from timestamptz, p_to timestamptz, p_at timestamptz, OUT since timestamptz, OUT until timestamptz
)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    hours integer;
    wrong text;
    hint text;
BEGIN
    p_window := coalesce(p_window, '7d');
    hours := CASE p_window WHEN '24h' THEN 24 WHEN '7d' THEN 168 WHEN '30d' THEN 720 WHEN '90d' THEN 2160 END;
    IF hours IS NOT NULL THEN
        IF p_from IS NULL AND p_to IS NULL THEN
            since := p_at - make_interval(hours => hours);
            until := p_at;
            RETURN;
        END IF;
        wrong := 'p_from and p_to go with p_window custom only';
        hint := 'Leave them out, or pass p_window => ''custom''.';
    ELSIF p_window <> 'custom' THEN
        wrong := format('there is no window %L', left(p_window, 100));
        hint := 'p_window is 24h, 7d, 30d, 90d or custom.';
    ELSIF p_from IS NULL OR p_to IS NULL OR NOT isfinite(p_from) OR NOT isfinite(p_to) THEN
        wrong := 'p_window custom needs p_from and p_to';
        hint := 'Pass two times.';
    ELSIF p_from >= p_to THEN
        wrong := 'p_from is not before p_to';
        hint := 'Pass the earlier time as p_from.';
    ELSIF p_to - p_from > interval '3660 days' THEN
        wrong := 'the window is longer than ten years';
        hint := 'Ask for a shorter one.';
    ELSE
        since := p_from;
        until := p_to;
        RETURN;
    END IF;
    RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = wrong, HINT = hint;
END $$;

-- Every ticket of a feed as GeoJSON, newest first; the default is the project's first feed.
CREATE FUNCTION reporting.fn_tickets_for_map(
    p_feed text DEFAULT NULL, p_cluster text DEFAULT NULL, p_status text DEFAULT NULL, p_limit integer DEFAULT 5000
) RETURNS json
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    asked text;
    payload json;
BEGIN
    SELECT feed INTO asked FROM tickets.feed_schemas LEFT JOIN tickets.feed_settings USING (feed)
    WHERE p_feed IS NULL OR feed = p_feed ORDER BY place NULLS LAST, feed LIMIT 1;
    IF asked IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = format('there is no feed %L', left(p_feed, 100)),
            HINT = coalesce('p_feed is one of: ' || (SELECT string_agg(feed, ', ' ORDER BY feed)
                FROM tickets.feed_schemas) || '.', 'Run `fleetfeed migrate` first.');
    END IF;
    IF p_limit IS NULL OR p_limit < 0 THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'p_limit is no count', HINT = 'Pass 0 or more.';
    END IF;
    EXECUTE format('SELECT tickets.%I($1, $2, $3)', asked || '_map') INTO payload USING p_cluster, p_status, p_limit;
    RETURN payload;
END $$;

REVOKE ALL ON FUNCTION tickets.freshness(text, timestamptz),
    tickets.asked_window(text, timestamptz, timestamptz, timestamptz),
    reporting.fn_tickets_for_map(text, text, text, integer) FROM PUBLIC;
