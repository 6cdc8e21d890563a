-- `prune` deletes changes of single tickets, so the oldest change that is left does not say since when all are kept.

-- The loads after which the table can be given back: those after which no change is missing.
CREATE OR REPLACE FUNCTION tickets.kept_loads(p_feed text)
RETURNS TABLE (run_id bigint, export text, loaded_at timestamptz, exported_at timestamptz, replayed boolean, counts jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT r.run_id, r.source_key, r.finished_at,
        coalesce(r.source_last_modified, ( -- earlier versions stored only key and ETag with runs
            SELECT max(e.last_modified) FROM tickets.exports AS e
            WHERE e.feed = r.feed AND e.key = r.source_key AND e.etag = r.source_etag
        )),
        coalesce(r.counts ? 'replayed', false), r.counts
    FROM tickets.import_runs AS r
    WHERE r.feed = p_feed AND r.outcome = 'loaded' AND r.finished_at IS NOT NULL AND r.run_id >= coalesce((
        SELECT c.run_id FROM tickets.ticket_changes AS c
        WHERE c.feed = p_feed AND c.run_id IS NOT NULL ORDER BY c.change_id LIMIT 1
    ), 0) AND r.run_id >= coalesce((
        SELECT (m.metadata ->> 'pruned_run')::bigint FROM tickets.import_meta AS m WHERE m.feed = p_feed
    ), 0)
$$;
