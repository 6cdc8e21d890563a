    -- NOT IN is hashed; for NOT EXISTS, all tickets would be sorted.
    FROM @table@ AS t WHERE t.ticket_id NOT IN (SELECT later.ticket_id FROM later)
