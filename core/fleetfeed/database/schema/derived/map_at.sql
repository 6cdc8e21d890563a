-- The feed's part of reporting.fn_tickets_for_map_at(): the map after a run, with ages as of a time. Merge joins would
-- sort all tickets several times. Before the table is analyzed, the planner expects few tickets, and would compare each
-- of them with every changed one in a nested loop.
CREATE OR REPLACE FUNCTION tickets.@feed@_map_at(
    p_run bigint, p_at timestamptz, p_cluster text, p_status text, p_limit integer, p_as_of jsonb
) RETURNS json
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET TimeZone = @zone@
SET work_mem = '32MB' SET jit = off SET enable_mergejoin = off SET enable_nestloop = off AS $$
    WITH later AS MATERIALIZED (
@include(asof_later.sql)@
    ), changed AS MATERIALIZED (
        SELECT @but_raw@ FROM ( -- else `raw` is computed for every ticket, which takes as long as all the others
@include(asof_changed.sql)@
        ) AS rows
    ), was AS NOT MATERIALIZED ( -- so that open tickets are found by today's index
        SELECT @but_raw@ FROM changed
        UNION ALL
        SELECT @as_it_is_but_raw@
@include(asof_unchanged.sql)@
    ), aged AS MATERIALIZED (
@open_tickets(then)@
    )
    SELECT * FROM (
@map_document(then)@
    ) AS document
$$;
