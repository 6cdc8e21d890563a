-- The function that readers call. `migrate` locks the view while it replaces view and inner function: wait for the view
-- first, then look up the function, so that their versions match.
CREATE OR REPLACE FUNCTION reporting.fn_@feed@_dashboard(
    p_cluster text DEFAULT NULL, p_status text DEFAULT NULL, p_window text DEFAULT '7d',
    p_from timestamptz DEFAULT NULL, p_to timestamptz DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM tickets.check_asked(p_cluster, p_status);
    PERFORM FROM tickets.@feed@_open_sla LIMIT 0;
    RETURN tickets.@feed@_dashboard(p_cluster, p_status, p_window, p_from, p_to);
END $$;
