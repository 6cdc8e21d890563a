-- The table as it was after a run: today's rows, with what later runs changed taken back. Columns that the change log
-- leaves out are null: bookkeeping, and what only the present knows. Places are today's; a ticket that has moved since
-- is placed by its coordinates or its cluster of then.
DROP FUNCTION IF EXISTS tickets.@feed@_asof(bigint); -- the columns that it returns cannot be replaced
CREATE FUNCTION tickets.@feed@_asof(p_run bigint) RETURNS TABLE (@all_columns@)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET work_mem = '32MB' SET jit = off AS $$
    WITH later AS MATERIALIZED (
@include(asof_later.sql)@
    )
@include(asof_changed.sql)@
    UNION ALL
    SELECT @as_it_is@
@include(asof_unchanged.sql)@
$$;
