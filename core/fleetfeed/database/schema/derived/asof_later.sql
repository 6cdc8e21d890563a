        SELECT c.ticket_id, bool_or(c.kind = 'inserted') AS unborn,
            jsonb_object_agg(cell.key, cell.value -> 0 ORDER BY c.change_id DESC) FILTER (WHERE cell.key IS NOT NULL)
                AS was, -- the oldest old value, as the last one counts
            (array_agg(c.kind ORDER BY c.change_id) FILTER (WHERE c.kind IN ('absent', 'returned')))[1] AS presence
        FROM tickets.ticket_changes AS c LEFT JOIN LATERAL jsonb_each(c.changed) AS cell ON true
        WHERE c.feed = @feed_text@ AND c.run_id > p_run
        GROUP BY c.ticket_id
