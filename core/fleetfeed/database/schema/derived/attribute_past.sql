-- Attribute captured closures that have no attribution yet: those of a first capture (`p_first`), or of a database that
-- is older than attribution. Of the latter, closures whose changes were pruned are marked.
CREATE OR REPLACE FUNCTION tickets.@feed@_attribute_past(p_first boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column -- feeds may have a column `found`, but none with a name declared here
DECLARE
    v_run bigint;
    v_is_partial boolean; -- what does not apply is not part of the plan then
    v_has_changed boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('fleetfeed:' || @feed_text@, 0));
    v_is_partial := EXISTS (SELECT FROM tickets.closure_teams WHERE feed = @feed_text@);
    v_has_changed := EXISTS (SELECT FROM tickets.ticket_changes WHERE feed = @feed_text@ AND kind = 'updated');
    -- Closures of which no change shows the closing: by their own rows.
    INSERT INTO tickets.closure_teams (@attribution@)
    SELECT event_id, @feed_text@, episode, team, basis, team, NULL, 0, array_remove(ARRAY[team], NULL), kind, NULL, NULL, NULL
    FROM (
        SELECT e.event_id, row_number() OVER (PARTITION BY e.ticket_id COLLATE "C" ORDER BY e.event_id) AS episode,
            coalesce(by.known, o.team) AS team,
            CASE WHEN p_first AND e.ticket_id IN (SELECT ticket_id FROM @table@ WHERE NOT @repaired@)
                OR NOT p_first AND past.is_cancelled THEN 'cancelled' ELSE 'repaired' END AS kind,
            CASE
                WHEN NOT p_first AND NOT EXISTS (
                    SELECT FROM tickets.ticket_changes AS c
                    WHERE c.feed = @feed_text@ AND c.ticket_id = e.ticket_id AND c.kind = 'inserted'
                ) THEN 'backfilled'
                WHEN nullif(e.assigned_team, '') IS NOT NULL THEN 'row' WHEN by.known IS NOT NULL THEN 'last'
                WHEN o.team IS NOT NULL THEN 'owner' ELSE 'none'
            END AS basis
        FROM tickets.closure_events AS e
        CROSS JOIN LATERAL (
            SELECT coalesce(nullif(e.assigned_team, ''), CASE WHEN v_has_changed THEN @last_team@ END) AS known OFFSET 0
        ) AS by
        LEFT JOIN LATERAL ( -- the ticket as it was when it closed
            SELECT NOT @repaired@ AS is_cancelled
            FROM (SELECT @status_from_raw@ FROM (SELECT n.raw || coalesce((
                SELECT jsonb_object_agg(was.key, was.value -> 0 ORDER BY c.change_id DESC)
                FROM tickets.ticket_changes AS c CROSS JOIN LATERAL jsonb_each(c.changed) AS was
                WHERE c.feed = @feed_text@ AND c.ticket_id = e.ticket_id AND c.run_id > e.run_id
            ), '{}') AS raw FROM @table@ AS n WHERE NOT p_first AND n.ticket_id = e.ticket_id OFFSET 0) AS r) AS t
        ) AS past ON true
        LEFT JOIN tickets.team_owners AS o -- the key is computed only where it is needed; it takes a while
            ON o.owner = CASE WHEN by.known IS NULL THEN tickets.team_key(e.owner) END
        WHERE e.feed = @feed_text@
            AND NOT (v_is_partial AND EXISTS (SELECT FROM tickets.closure_teams AS a WHERE a.event_id = e.event_id))
            AND NOT (v_has_changed AND EXISTS (
                SELECT FROM tickets.ticket_changes AS c WHERE c.feed = @feed_text@ AND c.ticket_id = e.ticket_id
                    AND c.run_id = e.run_id AND c.kind = 'updated'
            ))
    ) AS found
    ORDER BY event_id;
    FOR v_run IN
        SELECT c.run_id FROM tickets.ticket_changes AS c WHERE c.feed = @feed_text@ AND c.kind = 'updated' AND v_has_changed
        GROUP BY c.run_id ORDER BY min(c.change_id)
    LOOP
        PERFORM tickets.@feed@_observe(v_run, now(), false);
    END LOOP;
    UPDATE tickets.captures SET attributed_since = now() WHERE feed = @feed_text@;
END $$;
