-- One ticket and its life, for readers: the columns that the map shows, and no others. Null for an unknown ticket.
CREATE OR REPLACE FUNCTION reporting.fn_@feed@_ticket(p_ticket_id text) RETURNS json
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET TimeZone = @zone@ AS $$
#variable_conflict use_column -- feeds may have a column of any name
DECLARE
    payload json;
BEGIN
    PERFORM tickets.check_asked(p_ticket_id, NULL);
    PERFORM FROM tickets.@feed@_open_sla LIMIT 0; -- `migrate` locks the view while it replaces it: wait
    WITH shown (property, name) AS (
        VALUES @properties@
    ), ticket AS (
        SELECT @feature@ AS feature,
            (SELECT CASE WHEN @closed@ THEN 'closed' WHEN absent_since IS NULL THEN 'open' ELSE 'absent' END
                FROM (SELECT t.*) AS alone) AS state,
            t.absent_since, t.geo_source, t.geo_precision,
            coalesce(spot.provider, area.provider) AS provider,
            coalesce(spot.display_name, area.display_name) AS place_name,
            v.age_minutes, v.age_from, v.target_minutes, v.elapsed_pct, v.sla_state, v.sla_basis
        FROM @table@ AS t
        LEFT JOIN tickets.@feed@_open_sla AS v USING (ticket_id)
        LEFT JOIN tickets.geo_locations AS spot ON t.geo_source = 'location'
            AND spot.cluster = coalesce(@cluster_of(t.)@, '') AND spot.location_key = t.location_key
        LEFT JOIN tickets.geo_clusters AS area ON t.geo_source = 'cluster' AND area.cluster = @cluster_of(t.)@
        WHERE t.ticket_id = p_ticket_id
    ), event AS (
        SELECT c.change_id, c.observed_at, c.kind, c.run_id, r.source_key AS export, (
                SELECT json_object_agg(s.property, c.changed -> s.name ORDER BY s.property)
                FROM shown AS s WHERE c.changed ? s.name
            ) AS changed
        FROM tickets.ticket_changes AS c LEFT JOIN tickets.import_runs AS r USING (run_id)
        WHERE c.feed = @feed_text@ AND c.ticket_id = p_ticket_id
    ), closure AS (
        SELECT e.event_id, e.closed_at, e.observed_at, e.run_id, e.assigned_team, e.raw_status, e.mttr AS mttr_minutes,
            a.closing_team, a.working_team
        FROM tickets.closure_events AS e LEFT JOIN tickets.closure_teams AS a USING (event_id)
        WHERE e.feed = @feed_text@ AND e.ticket_id = p_ticket_id
    )
    SELECT json_build_object(
        'schema_version', 1,
        'generated_at', now(),
        'feed', @feed_text@,
        'ticket_id', p_ticket_id,
        'state', (SELECT state FROM ticket),
        'absent_since', (SELECT absent_since FROM ticket),
        'ticket', (SELECT feature FROM ticket),
        'place', (
            SELECT json_build_object('source', geo_source, 'precision', geo_precision, 'provider', provider,
                'name', place_name) FROM ticket
        ),
        'sla', (
            SELECT json_build_object('age_minutes', age_minutes, 'age_from', age_from,
                'target_minutes', target_minutes, 'elapsed_pct', elapsed_pct, 'state', sla_state, 'basis', sla_basis)
            FROM ticket WHERE sla_basis IS NOT NULL
        ),
        'events', coalesce((
            SELECT json_agg(json_build_object('at', observed_at, 'kind', kind, 'run_id', run_id, 'export', export,
                'changed', changed) ORDER BY change_id) FROM event
        ), '[]'),
        'closures', coalesce((
            SELECT json_agg(json_build_object('closed_at', closed_at, 'observed_at', observed_at, 'run_id', run_id,
                'assigned_team', assigned_team, 'raw_status', raw_status, 'mttr_minutes', mttr_minutes,
                'closing_team', closing_team, 'working_team', working_team) ORDER BY event_id) FROM closure
        ), '[]'),
        'rejects', (
            SELECT count(*) FROM tickets.rejects
            WHERE feed = @feed_text@ AND ticket_id = p_ticket_id AND resolved_at IS NULL
        )
    ) INTO payload
    WHERE EXISTS (SELECT FROM ticket) OR EXISTS (SELECT FROM event) OR EXISTS (SELECT FROM closure);
    RETURN payload;
END $$;
