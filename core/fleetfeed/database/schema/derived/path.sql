version AS ( -- what each such ticket was before each of its changes
        SELECT f.event_id, h.change_id, h.kind, h.observed_at AS until,
            lag(h.observed_at) OVER (PARTITION BY f.event_id ORDER BY h.change_id) AS since, @cells_before@ AS raw
        FROM fresh AS f JOIN tickets.ticket_changes AS h ON h.feed = @feed_text@ AND h.ticket_id = f.ticket_id
            AND h.change_id <= f.change_id AND h.kind IN ('inserted', 'updated')
        WHERE f.kind = 'updated'
        WINDOW undone AS (PARTITION BY f.event_id ORDER BY h.change_id DESC)
    ), held AS ( -- since it was last opened: which team had it for how long; and the closing row, for no time
        SELECT event_id, change_id AS place, team, since IS NULL AS is_cut,
            greatest(date_part('epoch', until - since) / 60, 0) AS minutes
        FROM (
            SELECT v.event_id, v.change_id, v.since, v.until, was.team,
                bool_or(was.is_closed) OVER (PARTITION BY v.event_id ORDER BY v.change_id DESC) AS is_past
            FROM version AS v CROSS JOIN LATERAL (
                SELECT @team@ AS team, @closed@ AS is_closed
                FROM (SELECT @from_cells@ FROM (VALUES (v.raw)) AS r (raw)) AS t
            ) AS was
            WHERE v.kind = 'updated'
        ) AS each WHERE NOT is_past
        UNION ALL SELECT event_id, change_id + 1, assigned_team, false, CASE WHEN kind = 'updated' THEN 0 END FROM fresh
    ), turn AS ( -- a team without an interruption by another one; time without a team is no interruption
        SELECT *, count(*) FILTER (WHERE key <> key_before) OVER (PARTITION BY event_id ORDER BY place) AS number
        FROM (
            SELECT h.*, n.desk, coalesce(n.key, k.key) AS key,
                lag(coalesce(n.key, k.key)) OVER (PARTITION BY h.event_id ORDER BY h.place) AS key_before
            FROM held AS h CROSS JOIN LATERAL (SELECT tickets.team_key(h.team) AS key OFFSET 0) AS k
            LEFT JOIN (SELECT spelling, desk, tickets.team_key(team) AS key FROM tickets.team_names) AS n
                ON n.spelling = k.key
            WHERE nullif(h.team, '') IS NOT NULL
        ) AS named
    ), path AS ( -- the working team is the one with the longest turn, a desk only if there is no other
        SELECT event_id, array_agg(team ORDER BY number) AS teams,
            (array_agg(team ORDER BY is_desk, length DESC, number DESC))[1] AS worker,
            (array_agg(CASE WHEN NOT is_cut THEN length END ORDER BY is_desk, length DESC, number DESC))[1] AS minutes
        FROM (
            SELECT event_id, number, (array_agg(team ORDER BY place DESC))[1] AS team, bool_or(is_cut) AS is_cut,
                coalesce(bool_or(desk), false) AS is_desk, coalesce(sum(minutes), 0) AS length
            FROM turn GROUP BY event_id, number
        ) AS t
        GROUP BY event_id
    )
