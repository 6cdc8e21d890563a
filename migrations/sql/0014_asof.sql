-- The past: which loads can be had, which of them was the last at a time, and the map as it was then.

-- The loads after which the table can be given back: those from the oldest one whose changes are still kept.
CREATE FUNCTION tickets.kept_loads(p_feed text)
RETURNS TABLE (run_id bigint, export text, loaded_at timestamptz, exported_at timestamptz, replayed boolean, counts jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT r.run_id, r.source_key, r.finished_at,
        coalesce(r.source_last_modified, ( -- earlier versions stored only key and ETag with runs
            SELECT max(e.last_modified) FROM tickets.exports AS e
            WHERE e.feed = r.feed AND e.key = r.source_key AND e.etag = r.source_etag
        )),
        coalesce(r.counts ? 'replayed', false), r.counts
    FROM tickets.import_runs AS r
    WHERE r.feed = p_feed AND r.outcome = 'loaded' AND r.finished_at IS NOT NULL AND r.run_id >= coalesce((
        SELECT c.run_id FROM tickets.ticket_changes AS c
        WHERE c.feed = p_feed AND c.run_id IS NOT NULL ORDER BY c.change_id LIMIT 1
    ), 0)
$$;

-- The last load at a time: by when it was loaded, or by when its export was written. Or the load that is named.
CREATE FUNCTION tickets.load_at(
    p_feed text, p_at timestamptz, p_by text, p_run bigint,
    OUT run_id bigint, OUT export text, OUT loaded_at timestamptz, OUT exported_at timestamptz
)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    first record;
BEGIN
    IF p_by IS NULL OR p_by NOT IN ('load', 'export') THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = format('p_by is %L', left(p_by, 100)),
            HINT = 'Pass load or export.';
    ELSIF p_run IS NULL AND (p_at IS NULL OR NOT isfinite(p_at)) THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'p_at is no time', HINT = 'Pass a time, or p_run.';
    END IF;
    SELECT k.run_id, k.export, k.loaded_at, k.exported_at
    INTO load_at.run_id, load_at.export, load_at.loaded_at, load_at.exported_at
    FROM tickets.kept_loads(p_feed) AS k
    WHERE k.run_id = p_run OR p_run IS NULL AND CASE p_by
        WHEN 'load' THEN k.loaded_at <= p_at
        ELSE k.exported_at <= p_at AND NOT k.replayed END
    ORDER BY CASE WHEN p_by = 'export' THEN k.exported_at END DESC NULLS LAST, k.run_id DESC LIMIT 1;
    IF load_at.run_id IS NOT NULL THEN
        RETURN;
    END IF;
    SELECT k.run_id, k.loaded_at INTO first FROM tickets.kept_loads(p_feed) AS k ORDER BY k.run_id LIMIT 1;
    RAISE EXCEPTION USING ERRCODE = '22023',
        MESSAGE = CASE
            WHEN first.run_id IS NULL THEN format('of feed %s nothing is loaded yet', p_feed)
            WHEN p_run IS NOT NULL THEN format('run %s is no load of feed %s that can be given back', p_run, p_feed)
            ELSE format('feed %s cannot be given back as of that time', p_feed) END,
        HINT = CASE
            WHEN first.run_id IS NULL THEN 'Run `fleetfeed run --apply` first.'
            ELSE format('The first load that can be is run %s of %s.', first.run_id,
                to_char(first.loaded_at, 'YYYY-MM-DD"T"HH24:MI:SSOF')) END;
END $$;

-- The loads, newest first: the steps of a time slider.
CREATE FUNCTION reporting.fn_loads(p_feed text DEFAULT NULL, p_limit integer DEFAULT 1000) RETURNS json
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' AS $$
DECLARE
    asked text := tickets.feed_asked(p_feed);
    payload json;
BEGIN
    IF p_limit IS NULL OR p_limit NOT BETWEEN 0 AND 10000 THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'p_limit is no count up to 10,000',
            HINT = 'Pass 0 to 10000.';
    END IF;
    PERFORM set_config('TimeZone', timezone, true) FROM tickets.feed_settings WHERE feed = asked;
    SELECT json_build_object('schema_version', 1, 'generated_at', now(), 'feed', asked, 'loads', coalesce((
        SELECT json_agg(json_build_object('run', run_id, 'export', export, 'loaded_at', loaded_at,
            'exported_at', exported_at, 'inserted', (counts -> 'inserted')::bigint,
            'updated', (counts -> 'updated')::bigint, 'absent', (counts -> 'absent')::bigint,
            'returned', (counts -> 'returned')::bigint) ORDER BY run_id DESC)
        FROM (SELECT * FROM tickets.kept_loads(asked) ORDER BY run_id DESC LIMIT p_limit) AS k
    ), '[]')) INTO payload;
    RETURN payload;
END $$;

-- The map as it was at a time, or after a run: the same document as fn_tickets_for_map(), with `as_of`. Ages are those
-- of that time; places are today's; the columns in `unknown` are null, as the change log does not keep them.
CREATE FUNCTION reporting.fn_tickets_for_map_at(
    p_at timestamptz, p_feed text DEFAULT NULL, p_cluster text DEFAULT NULL, p_status text DEFAULT NULL,
    p_limit integer DEFAULT 5000, p_by text DEFAULT 'load', p_run bigint DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' AS $$
DECLARE
    asked text := tickets.feed_asked(p_feed);
    load record;
    payload json;
BEGIN
    PERFORM tickets.check_asked(p_cluster, p_status);
    IF p_limit IS NULL OR p_limit NOT BETWEEN 0 AND 100000 THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'p_limit is no count up to 100,000',
            HINT = 'Pass 0 to 100000.';
    END IF;
    EXECUTE format('SELECT FROM tickets.%I LIMIT 0', asked || '_open_sla'); -- `migrate` locks it while it replaces
    SELECT * INTO load FROM tickets.load_at(asked, p_at, p_by, p_run);
    EXECUTE format('SELECT tickets.%I($1, $2, $3, $4, $5)', asked || '_map_at') INTO payload
        USING load.run_id, least(coalesce(p_at, load.loaded_at), now()), p_cluster, p_status, p_limit;
    PERFORM set_config('TimeZone', timezone, true) FROM tickets.feed_settings WHERE feed = asked;
    RETURN json_build_object(
        'type', payload -> 'type',
        'as_of', json_build_object('run', load.run_id, 'export', load.export, 'loaded_at', load.loaded_at,
            'exported_at', load.exported_at, 'by', p_by, 'unknown', payload -> 'unknown', 'places', 'today'),
        'features', payload -> 'features',
        'summary', payload -> 'summary'
    );
END $$;

REVOKE ALL ON FUNCTION tickets.kept_loads(text), tickets.load_at(text, timestamptz, text, bigint),
    reporting.fn_loads(text, integer),
    reporting.fn_tickets_for_map_at(timestamptz, text, text, text, integer, text, bigint) FROM PUBLIC;
