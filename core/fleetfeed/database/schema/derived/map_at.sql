-- The feed's part of reporting.fn_tickets_for_map_at(): the map after a run, with ages as of a time.
CREATE OR REPLACE FUNCTION tickets.@feed@_map_at(
    p_run bigint, p_at timestamptz, p_cluster text, p_status text, p_limit integer
) RETURNS json
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET TimeZone = @zone@
SET work_mem = '32MB' SET jit = off AS $$
    WITH later AS MATERIALIZED (
@include(asof_later.sql)@
    ), was AS MATERIALIZED (
        SELECT @but_raw@ FROM ( -- else `raw` is computed for every ticket, which takes as long as all the others
@include(asof_rows.sql)@
        ) AS rows
    ), aged AS MATERIALIZED (
@open_tickets(then)@
    )
    SELECT * FROM (
@map_document(then)@
    ) AS document
$$;
