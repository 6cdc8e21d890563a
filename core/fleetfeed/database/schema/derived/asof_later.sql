        SELECT ticket_id COLLATE "default" AS ticket_id, bool_or(kind = 'inserted') AS unborn,
            (SELECT jsonb_object_agg(key, value -> 0) FROM jsonb_each(tickets.merged(changed))) AS was,
            (array_agg(kind) FILTER (WHERE kind IN ('absent', 'returned')))[
                count(*) FILTER (WHERE kind IN ('absent', 'returned'))] AS presence
        FROM ( -- newest first, as the oldest of the old values counts; "C" sorts three times as fast
            SELECT ticket_id COLLATE "C" AS ticket_id, kind, changed FROM tickets.ticket_changes
            WHERE feed = @feed_text@ AND run_id > p_run ORDER BY ticket_id COLLATE "C", change_id DESC
        ) AS changes
        GROUP BY changes.ticket_id
