-- The feed's part of reporting.fn_tickets_for_map().
CREATE OR REPLACE FUNCTION tickets.@feed@_map(p_cluster text, p_status text, p_limit integer) RETURNS json
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET TimeZone = @zone@ AS $$
@map_document(now)@$$;
