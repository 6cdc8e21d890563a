-- Which teams had a ticket in the episode that closure `f` ends, and for how long: from the changes of its team since it
-- was inserted or reopened. An interruption without a team does not end a turn, and does not count. What is known of the
-- closure is carried along: the planner would compare each one with each path if it had to join them.
            SELECT @of_closure@, array_agg(holder ORDER BY number) FILTER (WHERE holder IS NOT NULL) AS teams,
                -- The longest turn, the later of two; the first one if its beginning is not known. One of a desk only if
                -- there is no other.
                (array_agg(holder ORDER BY desk, minutes DESC NULLS FIRST, number DESC)
                    FILTER (WHERE holder IS NOT NULL))[1] AS worker,
                (array_agg(minutes ORDER BY desk, minutes DESC NULLS FIRST, number DESC)
                    FILTER (WHERE holder IS NOT NULL))[1] AS minutes
            FROM (
                SELECT @of_closure@, number, max(holder COLLATE "C") AS holder, coalesce(bool_or(desk), false) AS desk,
                    CASE WHEN NOT bool_or(is_cut) THEN sum(minutes) END AS minutes
                FROM (
                    SELECT *, count(*) FILTER (WHERE key <> key_before)
                        OVER (PARTITION BY event_id, holder IS NULL ORDER BY place) AS number
                    FROM (
                        SELECT *, lag(key) OVER (PARTITION BY event_id, holder IS NULL ORDER BY place) AS key_before
                        FROM (
                            SELECT v.*, n.desk, coalesce(tickets.team_key(n.team), v.spelling) AS key
                            FROM (
                                SELECT *, tickets.team_key(holder) AS spelling FROM (
                                    SELECT @of_closure@, place, holder, since IS NULL AS is_cut,
                                        greatest(date_part('epoch', until - since) / 60, 0) AS minutes
                                    FROM (
                                        SELECT f.*, h.change_id AS place, @team_before@ AS holder, h.observed_at AS until,
                                            lag(h.observed_at) OVER (PARTITION BY f.event_id ORDER BY h.change_id) AS since,
                                            h.kind = 'inserted' OR h.run_id = f.reopened_run AS begins
                                        FROM closure AS f
                                        CROSS JOIN LATERAL ( -- OFFSET 0: else the whole log may be read
                                            SELECT * FROM tickets.ticket_changes AS h
                                            WHERE h.feed = @feed_text@ AND h.ticket_id = f.ticket_id
                                                AND h.run_id BETWEEN coalesce(f.reopened_run, 0) AND p_run
                                                AND (h.kind = 'inserted' OR h.kind = 'updated'
                                                    AND (h.run_id IN (p_run, f.reopened_run) OR @team_changed@))
                                            OFFSET 0
                                        ) AS h
                                    ) AS t WHERE begins IS NOT TRUE
                                    UNION ALL -- the closing row, for no time
                                    SELECT @of_closure@, 9223372036854775807, team, false, CASE WHEN NOT is_new THEN 0 END
                                    FROM closure
                                ) AS held OFFSET 0 -- the key is computed once; it takes longer than all else here
                            ) AS v
                            LEFT JOIN tickets.team_names AS n ON n.spelling = v.spelling
                            OFFSET 0
                        ) AS keyed
                    ) AS named
                ) AS turn
                GROUP BY @of_closure@, number, holder IS NULL
            ) AS turns
            GROUP BY @of_closure@
