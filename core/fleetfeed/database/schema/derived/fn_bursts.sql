-- The function that readers call: like fn_dashboard.sql, it waits for the view before it looks up the inner function.
CREATE OR REPLACE FUNCTION reporting.fn_@feed@_bursts(
    p_hours integer DEFAULT 6, p_radius_m double precision DEFAULT 500, p_min_tickets integer DEFAULT 5,
    p_times_usual double precision DEFAULT 3
) RETURNS json
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM tickets.@feed@_open_sla LIMIT 0;
    RETURN tickets.@feed@_bursts(p_hours, p_radius_m, p_min_tickets, p_times_usual);
END $$;
