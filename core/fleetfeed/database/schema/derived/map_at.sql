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
        SELECT @map_columns@ FROM ( -- computing the others, above all `raw`, takes as long again
@include(asof_changed.sql)@
        ) AS rows
    ), was AS NOT MATERIALIZED ( -- so that open tickets are found by today's index
        SELECT @map_columns@ FROM changed
        UNION ALL
        SELECT @map_columns_as_they_are@
@include(asof_unchanged.sql)@
    ), aged AS MATERIALIZED (
@open_tickets(then)@
    )
    SELECT * FROM (
@map_document(then)@
    ) AS document
$$;
