-- The feed's part of tickets.unfinished().
CREATE OR REPLACE FUNCTION tickets.@feed@_unfinished() RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT ticket_id FROM @table@ WHERE @not_closed@
$$;
