    SELECT @as_it_was@
    FROM later CROSS JOIN LATERAL (SELECT * FROM @table@ WHERE ticket_id = later.ticket_id OFFSET 0) AS t
    CROSS JOIN LATERAL (
        SELECT later.was ?| @place_columns@ AS moved, CASE later.presence
            WHEN 'absent' THEN NULL -- it was listed, and vanished later
            WHEN 'returned' THEN (
                SELECT max(c.observed_at) FROM tickets.ticket_changes AS c WHERE c.feed = @feed_text@
                    AND c.ticket_id = t.ticket_id AND c.kind = 'absent' AND c.run_id <= p_run
            )
            ELSE t.absent_since
        END AS absent_since
    ) AS before
    LEFT JOIN LATERAL ( -- OFFSET 0, else it is looked up for tickets that have not moved, too
        SELECT place.* FROM (SELECT @raw_then@ AS raw WHERE before.moved OFFSET 0) AS gone
        CROSS JOIN LATERAL @place_of_then@ AS place
    ) AS place ON true
    WHERE NOT later.unborn
