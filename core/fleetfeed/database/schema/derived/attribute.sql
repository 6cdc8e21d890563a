    -- A closure that corrects the time of another is that one.
    IF true = ANY (v_was_closed) THEN
        INSERT INTO tickets.closure_teams (@attribution@)
        SELECT e.event_id, a.feed, a.episode, a.closing_team, a.basis, a.working_team, a.stretch_minutes, a.handovers,
            a.teams, a.kind, a.reopened_at, a.reopened_run, a.event_id
        FROM unnest(v_ticket, v_is_closed, v_closed_at, v_was_closed, v_was_closed_at)
            AS s (ticket_id, is_closed, closed_at, was_closed, was_closed_at)
        CROSS JOIN LATERAL (@include(event.sql)@) AS e
        JOIN tickets.closure_events AS b ON b.feed = @feed_text@ AND b.ticket_id = s.ticket_id
            AND coalesce(b.closed_at, '-infinity') = coalesce(s.was_closed_at, '-infinity')
        JOIN tickets.closure_teams AS a ON a.event_id = b.event_id
        WHERE s.is_closed AND s.was_closed AND e.run_id = p_run
            AND NOT EXISTS (SELECT FROM tickets.closure_teams AS x WHERE x.event_id = e.event_id);

        UPDATE tickets.closure_teams AS a SET reopened_at = coalesce(a.reopened_at, s.seen_at), reopened_run = p_run
        FROM unnest(v_ticket, v_is_closed, v_was_closed_at, v_seen_at) AS s (ticket_id, is_closed, was_closed_at, seen_at)
        JOIN tickets.closure_events AS e ON e.feed = @feed_text@ AND e.ticket_id = s.ticket_id
            AND coalesce(e.closed_at, '-infinity') = coalesce(s.was_closed_at, '-infinity')
        JOIN tickets.closure_teams AS x ON x.event_id = e.event_id
        JOIN tickets.closure_events AS f ON f.feed = @feed_text@ AND f.ticket_id = s.ticket_id
        WHERE NOT s.is_closed AND a.event_id = f.event_id AND a.episode = x.episode;
    END IF;

    -- All others that this load was the first to show.
    IF true = ANY (v_is_closed) THEN
        WITH closure AS MATERIALIZED (
            SELECT e.event_id, e.ticket_id, nullif(e.assigned_team, '') AS team, e.owner, s.is_new, s.is_repaired, o.*
            FROM unnest(v_ticket, v_is_new, v_is_closed, v_closed_at, v_is_repaired)
                AS s (ticket_id, is_new, is_closed, closed_at, is_repaired)
            CROSS JOIN LATERAL (@include(event.sql)@) AS e
            CROSS JOIN LATERAL (
                SELECT max(a.episode) AS episode, max(a.reopened_run) AS reopened_run, (array_agg(
                    CASE WHEN a.basis <> 'owner' THEN a.closing_team END ORDER BY a.episode DESC))[1] AS team_before
                FROM tickets.closure_events AS b JOIN tickets.closure_teams AS a USING (event_id)
                WHERE NOT s.is_new AND b.feed = @feed_text@ AND b.ticket_id = s.ticket_id
            ) AS o
            WHERE s.is_closed AND e.run_id = p_run
                -- Not NOT EXISTS, for which all attributions would be read.
                AND (SELECT true FROM tickets.closure_teams AS a WHERE a.event_id = e.event_id) IS NULL
        )
        INSERT INTO tickets.closure_teams (@attribution@)
        SELECT f.event_id, @feed_text@, coalesce(f.episode, 0) + 1, by.team,
            CASE
                WHEN NOT p_new AND f.reopened_run IS NULL AND NOT EXISTS (
                    SELECT FROM tickets.ticket_changes AS c
                    WHERE c.feed = @feed_text@ AND c.ticket_id = f.ticket_id AND c.kind = 'inserted'
                ) THEN 'backfilled'
                WHEN f.team IS NOT NULL THEN 'row' WHEN by.known IS NOT NULL THEN 'last'
                WHEN by.team IS NOT NULL THEN 'owner' ELSE 'none'
            END,
            coalesce(f.worker, by.team), floor(f.minutes)::integer, greatest(cardinality(f.teams) - 1, 0),
            coalesce(f.teams, array_remove(ARRAY[by.team], NULL)),
            CASE WHEN f.is_repaired THEN 'repaired' ELSE 'cancelled' END, NULL, NULL, NULL
        FROM (
@include(path.sql)@
        ) AS f
        CROSS JOIN LATERAL (
            SELECT known, coalesce(known, (
                    SELECT w.team FROM tickets.team_owners AS w WHERE w.owner = tickets.team_key(f.owner)
                )) AS team
            FROM (SELECT coalesce(f.teams[cardinality(f.teams)], f.team_before) AS known) AS k
            OFFSET 0
        ) AS by;
        GET DIAGNOSTICS v_entered = ROW_COUNT;

        -- Of an episode, the closure with the time that was seen last is the one that stands.
        IF v_entered < cardinality(array_positions(v_is_closed, true)) THEN
            UPDATE tickets.closure_teams AS a SET stands = a.event_id = m.event_id
            FROM (
                SELECT x.event_id, x.episode, e.ticket_id
                FROM unnest(v_ticket, v_is_closed, v_closed_at) AS s (ticket_id, is_closed, closed_at)
                JOIN tickets.closure_events AS e ON e.feed = @feed_text@ AND e.ticket_id = s.ticket_id
                    AND coalesce(e.closed_at, '-infinity') = coalesce(s.closed_at, '-infinity')
                JOIN tickets.closure_teams AS x ON x.event_id = e.event_id
                WHERE s.is_closed
            ) AS m JOIN tickets.closure_events AS f ON f.feed = @feed_text@ AND f.ticket_id = m.ticket_id
            WHERE a.event_id = f.event_id AND a.episode = m.episode AND a.stands <> (a.event_id = m.event_id);
        END IF;
    END IF;
