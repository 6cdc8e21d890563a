-- The units on duty that are nearest to a ticket. Null for an unknown ticket; no units for one without a place.
CREATE OR REPLACE FUNCTION reporting.fn_@feed@_nearest_units(p_ticket_id text, p_limit integer DEFAULT 10) RETURNS json
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET TimeZone = @zone@ AS $$
#variable_conflict use_column -- feeds may have a column of any name
DECLARE
    payload json;
BEGIN
    PERFORM tickets.check_nearest(0, 0, p_limit);
    PERFORM FROM tickets.@feed@_open_sla LIMIT 0; -- `migrate` locks the view while it replaces it: wait
    SELECT json_build_object(
        'schema_version', 1,
        'generated_at', now(),
        'feed', @feed_text@,
        'ticket_id', t.ticket_id,
        'state', (SELECT CASE WHEN @closed@ THEN 'closed' WHEN absent_since IS NULL THEN 'open' ELSE 'absent' END
            FROM (SELECT t.*) AS alone),
        'at', CASE WHEN t.geog IS NOT NULL THEN json_build_object(
            'latitude', t.latitude, 'longitude', t.longitude, 'precision', t.geo_precision) END,
        'distance', 'straight line',
        'left_out', (SELECT json_build_object(
                'off_duty', count(*) FILTER (WHERE NOT u.on_duty),
                'nowhere', count(*) FILTER (WHERE u.on_duty AND u.geog IS NULL)
            ) FROM tickets.unit_places AS u),
        'units', CASE WHEN t.geog IS NULL THEN '[]' ELSE tickets.units_near(t.latitude, t.longitude, p_limit) END
    ) INTO payload
    FROM @table@ AS t WHERE t.ticket_id = p_ticket_id;
    RETURN payload;
END $$;
