-- Record what one load showed: closures with their teams, and the flow of the day. Without `p_new` only attribute the
-- closures that were captured of this load before. Called load by load, in order, so each ticket has one change.
CREATE OR REPLACE FUNCTION tickets.@feed@_observe(p_run bigint, p_as_of timestamptz, p_new boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column -- feeds may have a column `found`, but none with a name declared here
BEGIN
    -- Each change with the ticket before and after it: the current ticket with later changes undone.
    WITH change AS (
        SELECT c.change_id, c.ticket_id, c.run_id, c.kind, c.observed_at, c.changed, CASE
            WHEN t.run_id = c.run_id THEN t.raw
            ELSE t.raw || coalesce((
                SELECT jsonb_object_agg(was.key, was.value -> 0 ORDER BY later.change_id DESC)
                FROM tickets.ticket_changes AS later CROSS JOIN LATERAL jsonb_each(later.changed) AS was
                WHERE later.feed = @feed_text@ AND later.ticket_id = c.ticket_id AND later.change_id > c.change_id
            ), '{}')
        END AS raw
        FROM tickets.ticket_changes AS c JOIN @table@ AS t ON t.ticket_id = c.ticket_id
        WHERE c.feed = @feed_text@ AND c.run_id = p_run AND (c.kind = 'updated' OR p_new AND c.kind = 'inserted')
    ), step AS MATERIALIZED (
        SELECT c.change_id, c.ticket_id, c.run_id, c.kind, c.observed_at, after.*,
            c.kind = 'updated' AND before.is_closed AS was_closed, before.closed_at AS was_closed_at,
            CASE WHEN after.is_closed AND c.kind = 'updated' THEN @closing_cells@ END AS raw
        FROM change AS c
        CROSS JOIN LATERAL (
            SELECT @event_values@, @closed@ AS is_closed, @repaired@ AS is_repaired
            FROM (SELECT @from_raw@ FROM (VALUES (c.raw)) AS r (raw)) AS t
        ) AS after
        CROSS JOIN LATERAL (
            SELECT @closed@ AS is_closed, @closed_at_of(t.)@ AS closed_at FROM (SELECT @from_raw@ FROM (VALUES (c.raw || (
                SELECT jsonb_object_agg(was.key, was.value -> 0) FROM jsonb_each(c.changed) AS was
            ))) AS r (raw)) AS t
        ) AS before
    ), entered AS (
        INSERT INTO tickets.closure_events (feed, ticket_id, observed_at, run_id, @event_columns@)
        SELECT @feed_text@, ticket_id, observed_at, run_id, @event_columns@
        FROM step WHERE is_closed AND p_new ORDER BY change_id
        ON CONFLICT DO NOTHING
        RETURNING event_id, ticket_id
    ), closing AS MATERIALIZED ( -- closures that this load was the first to show
        SELECT e.event_id, s.*
        FROM step AS s JOIN (
            SELECT event_id, ticket_id FROM entered
            UNION ALL
            SELECT e.event_id, e.ticket_id FROM step AS s JOIN tickets.closure_events AS e
                ON e.feed = @feed_text@ AND e.ticket_id = s.ticket_id AND e.run_id = p_run
            WHERE NOT p_new AND s.is_closed
        ) AS e USING (ticket_id)
        WHERE s.is_closed AND NOT EXISTS (SELECT FROM tickets.closure_teams AS a WHERE a.event_id = e.event_id)
    ), earlier AS MATERIALIZED ( -- of a ticket that was closed before: that closure
        SELECT s.ticket_id, s.is_closed AS stays, s.observed_at, a.*
        FROM step AS s JOIN tickets.closure_events AS e ON e.feed = @feed_text@ AND e.ticket_id = s.ticket_id
            AND coalesce(e.closed_at, '-infinity') = coalesce(s.was_closed_at, '-infinity')
        JOIN tickets.closure_teams AS a USING (event_id)
        WHERE s.was_closed
    ), fresh AS MATERIALIZED ( -- closures that correct no other
        SELECT c.* FROM closing AS c WHERE NOT EXISTS (SELECT FROM earlier AS o WHERE o.ticket_id = c.ticket_id)
    ), @include(path.sql)@, attributed AS (
        INSERT INTO tickets.closure_teams (@attribution@)
        SELECT c.event_id, o.feed, o.episode, o.closing_team, o.basis, o.working_team, o.stretch_minutes, o.handovers,
            o.teams, o.kind, o.reopened_at, o.event_id
        FROM closing AS c JOIN earlier AS o USING (ticket_id)
        UNION ALL
        SELECT f.event_id, @feed_text@, coalesce(past.episode, 0) + 1, by.team,
            CASE
                WHEN NOT p_new AND EXISTS (SELECT FROM held AS h WHERE h.event_id = f.event_id AND h.is_cut)
                    THEN 'backfilled'
                WHEN nullif(f.assigned_team, '') IS NOT NULL THEN 'row'
                WHEN by.known IS NOT NULL THEN 'last' WHEN by.team IS NOT NULL THEN 'owner' ELSE 'none'
            END,
            coalesce(path.worker, by.team), CASE WHEN f.kind = 'updated' THEN floor(path.minutes)::integer END,
            greatest(cardinality(path.teams) - 1, 0), coalesce(path.teams, array_remove(ARRAY[by.team], NULL)),
            CASE WHEN f.is_repaired THEN 'repaired' ELSE 'cancelled' END, NULL, NULL
        FROM fresh AS f LEFT JOIN path USING (event_id)
        LEFT JOIN LATERAL (
            SELECT a.episode, CASE WHEN a.basis <> 'owner' THEN a.closing_team END AS team
            FROM tickets.closure_events AS e JOIN tickets.closure_teams AS a USING (event_id)
            WHERE e.feed = @feed_text@ AND e.ticket_id = f.ticket_id ORDER BY a.episode DESC LIMIT 1
        ) AS past ON true
        LEFT JOIN tickets.team_owners AS o ON path.teams IS NULL AND o.owner = tickets.team_key(f.owner)
        CROSS JOIN LATERAL (
            SELECT known, coalesce(known, o.team) AS team
            FROM (SELECT coalesce(path.teams[cardinality(path.teams)], past.team) AS known) AS k
        ) AS by
    ), meant AS ( -- closures with another closing time than before: a new one, or once more one that did not stand
        SELECT c.ticket_id, o.episode, c.event_id FROM closing AS c JOIN earlier AS o USING (ticket_id)
        UNION ALL
        SELECT s.ticket_id, a.episode, a.event_id
        FROM step AS s JOIN tickets.closure_events AS e ON e.feed = @feed_text@ AND e.ticket_id = s.ticket_id
            AND coalesce(e.closed_at, '-infinity') = coalesce(s.closed_at, '-infinity')
        JOIN tickets.closure_teams AS a USING (event_id)
        WHERE s.is_closed AND NOT a.stands AND (NOT s.was_closed
            OR EXISTS (SELECT FROM earlier AS o WHERE o.ticket_id = s.ticket_id AND o.episode = a.episode))
    ), moved AS (
        UPDATE tickets.closure_teams AS a SET stands = a.event_id = m.event_id
        FROM meant AS m JOIN tickets.closure_events AS e ON e.feed = @feed_text@ AND e.ticket_id = m.ticket_id
        WHERE a.event_id = e.event_id AND a.episode = m.episode AND a.stands <> (a.event_id = m.event_id)
    ), reopened AS (
        UPDATE tickets.closure_teams AS a SET reopened_at = o.observed_at FROM earlier AS o
        WHERE NOT o.stays AND a.event_id = o.event_id AND a.reopened_at IS NULL
    )
    INSERT INTO tickets.@feed@_daily_snapshot AS s
        (snapshot_date, cluster, observed_created, observed_closed, observed_reopened, captured_at)
    SELECT (observed_at AT TIME ZONE @zone@)::date, left(coalesce(cluster, '(none)'), 200),
        count(*) FILTER (WHERE kind = 'inserted'), count(*) FILTER (WHERE is_closed),
        count(*) FILTER (WHERE was_closed), p_as_of
    FROM step WHERE p_new AND (kind = 'inserted' OR is_closed <> was_closed)
    GROUP BY 1, 2
    ON CONFLICT (snapshot_date, cluster) DO UPDATE SET
        observed_created = s.observed_created + excluded.observed_created,
        observed_closed = s.observed_closed + excluded.observed_closed,
        observed_reopened = s.observed_reopened + excluded.observed_reopened,
        captured_at = excluded.captured_at;
END $$;
