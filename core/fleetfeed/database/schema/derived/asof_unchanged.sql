    FROM @table@ AS t WHERE NOT EXISTS (SELECT FROM later WHERE later.ticket_id = t.ticket_id)
