-- Which teams had a ticket in the episode that closure `f` ends, and for how long: from the changes of its team since it
-- was inserted or reopened. An interruption without a team does not end a turn, and does not count.
            SELECT array_agg(team ORDER BY number) AS teams,
                -- The longest turn, the later of two; the first one if its beginning is not known. One of a desk only if
                -- there is no other.
                (array_agg(team ORDER BY desk, minutes DESC NULLS FIRST, number DESC))[1] AS worker,
                (array_agg(minutes ORDER BY desk, minutes DESC NULLS FIRST, number DESC))[1] AS minutes
            FROM (
                SELECT number, max(team COLLATE "C") AS team, coalesce(bool_or(desk), false) AS desk,
                    CASE WHEN NOT bool_or(is_cut) THEN sum(minutes) END AS minutes
                FROM (
                    SELECT *, count(*) FILTER (WHERE key <> key_before) OVER (ORDER BY place) AS number
                    FROM (
                        SELECT v.*, n.desk, tickets.team_key(coalesce(n.team, v.team)) AS key,
                            lag(tickets.team_key(coalesce(n.team, v.team))) OVER (ORDER BY v.place) AS key_before
                        FROM (
                            SELECT place, team, since IS NULL AS is_cut,
                                greatest(date_part('epoch', until - since) / 60, 0) AS minutes
                            FROM (
                                SELECT h.change_id AS place, @team_before@ AS team, h.observed_at AS until,
                                    lag(h.observed_at) OVER (ORDER BY h.change_id) AS since,
                                    h.kind = 'inserted' OR h.run_id = f.reopened_run AS begins
                                FROM tickets.ticket_changes AS h
                                WHERE h.feed = @feed_text@ AND h.ticket_id = f.ticket_id
                                    AND h.run_id BETWEEN coalesce(f.reopened_run, 0) AND p_run
                                    AND (h.kind = 'inserted' OR h.kind = 'updated'
                                        AND (h.run_id IN (p_run, f.reopened_run) OR @team_changed@))
                            ) AS t WHERE begins IS NOT TRUE
                            UNION ALL -- the closing row, for no time
                            SELECT 9223372036854775807, f.team, false, CASE WHEN NOT f.is_new THEN 0 END
                        ) AS v
                        LEFT JOIN tickets.team_names AS n ON n.spelling = tickets.team_key(v.team)
                        WHERE v.team IS NOT NULL
                    ) AS named
                ) AS turn
                GROUP BY number
            ) AS turns
