-- The table as it was after a run: today's rows, with what later runs changed taken back. Columns that the change log
-- leaves out are null: bookkeeping, and what only the present knows. Places are today's; a ticket that has moved since
-- is placed by its coordinates or its cluster of then.
DROP FUNCTION IF EXISTS tickets.@feed@_asof(bigint); -- the columns that it returns cannot be replaced
CREATE FUNCTION tickets.@feed@_asof(p_run bigint) RETURNS TABLE (@all_columns@)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH later AS MATERIALIZED (
        SELECT c.ticket_id, bool_or(c.kind = 'inserted') AS unborn,
            jsonb_object_agg(cell.key, cell.value -> 0 ORDER BY c.change_id DESC) FILTER (WHERE cell.key IS NOT NULL)
                AS was, -- the oldest old value, as the last one counts
            (array_agg(c.kind ORDER BY c.change_id) FILTER (WHERE c.kind IN ('absent', 'returned')))[1] AS presence
        FROM tickets.ticket_changes AS c LEFT JOIN LATERAL jsonb_each(c.changed) AS cell ON true
        WHERE c.feed = @feed_text@ AND c.run_id > p_run
        GROUP BY c.ticket_id
    )
    SELECT @as_it_is@ FROM @table@ AS t
    WHERE NOT EXISTS (SELECT FROM later WHERE later.ticket_id = t.ticket_id)
    UNION ALL
    SELECT @as_it_was@ FROM (
        SELECT t.ticket_id, before.raw,
            CASE WHEN before.moved THEN place.geom ELSE t.geom END AS geom,
            CASE WHEN before.moved THEN place.geo_source ELSE t.geo_source END AS geo_source,
            CASE WHEN before.moved THEN place.geo_precision ELSE t.geo_precision END AS geo_precision,
            CASE WHEN NOT before.moved THEN t.location_key END AS location_key,
            CASE later.presence
                WHEN 'absent' THEN NULL -- it was listed, and vanished later
                WHEN 'returned' THEN (
                    SELECT max(c.observed_at) FROM tickets.ticket_changes AS c WHERE c.feed = @feed_text@
                        AND c.ticket_id = t.ticket_id AND c.kind = 'absent' AND c.run_id <= p_run
                )
                ELSE t.absent_since
            END AS absent_since
        FROM @table@ AS t
        JOIN later ON later.ticket_id = t.ticket_id AND later.unborn IS NOT TRUE
        CROSS JOIN LATERAL (
            SELECT jsonb_strip_nulls((@logged(t.raw)@) || coalesce(later.was, '{}')) AS raw,
                coalesce(later.was ?| @place_columns@, false) AS moved
        ) AS before
        LEFT JOIN LATERAL @place_of_then@ AS place ON before.moved
    ) AS r
$$;
