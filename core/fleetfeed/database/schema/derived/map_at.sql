-- The feed's part of reporting.fn_tickets_for_map_at(): the map after a run, with ages as of a time.
CREATE OR REPLACE FUNCTION tickets.@feed@_map_at(
    p_run bigint, p_at timestamptz, p_cluster text, p_status text, p_limit integer
) RETURNS json
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET TimeZone = @zone@ AS $$
    WITH was AS MATERIALIZED (
        SELECT * FROM tickets.@feed@_asof(p_run)
    ), aged AS MATERIALIZED (
@open_tickets(then)@
    )
    SELECT json_build_object('type', d -> 'type', 'unknown', @unknown@, 'features', d -> 'features', 'summary', d -> 'summary')
    FROM (
@map_document(then)@
    ) AS document (d)
$$;
