-- Merge changes: of each column, the cells of the change that comes last stay.
CREATE AGGREGATE tickets.merged(jsonb) (SFUNC = jsonb_concat, STYPE = jsonb);

-- The map as it was at a time, or after a run: the same document as fn_tickets_for_map(), with `as_of`. Ages are those
-- of that time; places are today's; the columns in `unknown` are null, as the change log does not keep them.
CREATE OR REPLACE FUNCTION reporting.fn_tickets_for_map_at(
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
    PERFORM set_config('TimeZone', timezone, true) FROM tickets.feed_settings WHERE feed = asked;
    EXECUTE format('SELECT tickets.%I($1, $2, $3, $4, $5, $6)', asked || '_map_at') INTO payload
        USING load.run_id, least(coalesce(p_at, load.loaded_at), now()), p_cluster, p_status, p_limit,
            jsonb_build_object('run', load.run_id, 'export', load.export, 'loaded_at', load.loaded_at,
                'exported_at', load.exported_at, 'by', p_by, 'places', 'today');
    RETURN payload;
END $$;

-- What this called before took no `as_of`.
DO $$
DECLARE
    found oid;
BEGIN
    FOR found IN SELECT p.oid FROM pg_proc AS p JOIN tickets.feed_schemas AS f ON p.proname = f.feed || '_map_at'
        WHERE p.pronamespace = 'tickets'::regnamespace
    LOOP
        EXECUTE format('DROP FUNCTION %s', found::regprocedure);
    END LOOP;
END $$;
