-- The first moment that can be asked for was named without its fraction of a second, so asking for it failed; and by
-- export, the moment of the load was named.
CREATE OR REPLACE FUNCTION tickets.load_at(
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
    SELECT k.run_id, CASE p_by WHEN 'export' THEN k.exported_at ELSE k.loaded_at END AS at
    INTO first FROM tickets.kept_loads(p_feed) AS k
    WHERE p_by = 'load' OR NOT k.replayed ORDER BY at, k.run_id LIMIT 1;
    RAISE EXCEPTION USING ERRCODE = '22023',
        MESSAGE = CASE
            WHEN first.run_id IS NULL THEN format('of feed %s nothing is loaded yet', p_feed)
            WHEN p_run IS NOT NULL THEN format('run %s is no load of feed %s that can be given back', p_run, p_feed)
            ELSE format('feed %s cannot be given back as of that time', p_feed) END,
        HINT = CASE
            WHEN first.run_id IS NULL THEN 'Run `fleetfeed run --apply` first.'
            ELSE format('The first load that can be is run %s of %s.', first.run_id,
                to_char(first.at, 'YYYY-MM-DD"T"HH24:MI:SS.USOF')) END;
END $$;
