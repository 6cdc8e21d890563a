-- The closure event of step `s`. OFFSET 0 makes it one look-up each; else all events would be compared with all steps.
                SELECT * FROM tickets.closure_events AS e WHERE e.feed = @feed_text@ AND e.ticket_id = s.ticket_id
                    AND coalesce(e.closed_at, '-infinity') = coalesce(s.closed_at, '-infinity') OFFSET 0
            