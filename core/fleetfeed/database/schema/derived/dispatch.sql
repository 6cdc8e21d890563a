-- All that a plan of dispatch is computed from, of one snapshot: open tickets, units, what dispatchers decided by hand,
-- and the pairs of the last saved plan.
CREATE OR REPLACE FUNCTION reporting.fn_@feed@_dispatch() RETURNS json
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET TimeZone = @zone@ AS $$
BEGIN
    PERFORM FROM tickets.@feed@_open_sla LIMIT 0; -- `migrate` locks the view while it replaces it: wait
    RETURN (
        SELECT json_build_object(
            'generated_at', now(),
            'data_as_of', f.data_as_of,
            'freshness', f.freshness,
            'tickets', ( -- by column: an object for each ticket would take twice as long
                SELECT json_build_object(@open_properties@, 'target_minutes', json_agg(t.target_minutes),
                    'latitude', json_agg(t.latitude), 'longitude', json_agg(t.longitude))
                FROM tickets.@feed@_open_sla AS t
            ),
            'units', coalesce((SELECT json_agg(to_jsonb(u) - 'geog') FROM tickets.unit_places AS u), '[]'),
            'holds', tickets.holds(@feed_text@),
            'kept', coalesce((
                SELECT json_agg(json_build_array(pair ->> 'unit', pair ->> 'ticket_id'))
                FROM json_array_elements((
                    SELECT p.plan -> 'assignments' FROM tickets.dispatch_plans AS p
                    WHERE p.feed = @feed_text@ ORDER BY p.plan_id DESC LIMIT 1
                )) AS pair
            ), '[]')
        ) FROM tickets.freshness(@feed_text@, now()) AS f
    );
END $$;
