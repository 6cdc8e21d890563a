-- How a rejected record was resolved; `resolution` says it in words.
ALTER TABLE tickets.rejects ADD COLUMN resolved_by text CHECK (resolved_by IN ('replay', 'correction', 'discard'));
UPDATE tickets.rejects SET resolved_by = CASE
    WHEN resolution LIKE 'replayed%' THEN 'replay'
    WHEN resolution LIKE 'corrected by hand%' THEN 'correction'
    ELSE 'discard' END
WHERE resolution IS NOT NULL;
