-- Record what one load showed: closures with their teams, and the flow of the day. Without `p_new` only attribute the
-- closures that were captured of this load before. Called load by load, in order, so each ticket has one change.
CREATE OR REPLACE FUNCTION tickets.@feed@_observe(p_run bigint, p_as_of timestamptz, p_new boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column -- feeds may have a column `found`, but none with a name declared here
DECLARE
    v_ticket text[]; -- tickets that it closed or reopened, or gave another closing time; the others are parallel
    v_is_new boolean[];
    v_is_closed boolean[];
    v_closed_at timestamptz[];
    v_is_repaired boolean[];
    v_was_closed boolean[];
    v_was_closed_at timestamptz[];
    v_seen_at timestamptz[];
    v_entered bigint;
BEGIN
    -- Each change with the ticket before and after it: the current ticket with later changes undone.
    WITH change AS (
        SELECT c.change_id, c.ticket_id, c.run_id, c.kind, c.observed_at, c.changed, CASE
            WHEN t.run_id = c.run_id THEN t.raw
            ELSE t.raw || coalesce((
                SELECT jsonb_object_agg(was.key, was.value -> 0 ORDER BY later.change_id DESC)
                FROM tickets.ticket_changes AS later CROSS JOIN LATERAL jsonb_each(later.changed) AS was
                WHERE later.feed = @feed_text@ AND later.ticket_id = c.ticket_id AND later.change_id > c.change_id
            ), '{}')
        END AS raw
        FROM tickets.ticket_changes AS c JOIN @table@ AS t ON t.ticket_id = c.ticket_id
        WHERE c.feed = @feed_text@ AND c.run_id = p_run AND c.kind IN ('inserted', 'updated')
            AND (p_new OR c.kind = 'updated' AND EXISTS (
                SELECT FROM tickets.closure_events AS e WHERE e.feed = @feed_text@ AND e.ticket_id = c.ticket_id
            ))
        OFFSET 0 -- else `raw` is computed for each column, and planning that takes longer than all else
    ), step AS MATERIALIZED (
        SELECT c.change_id, c.ticket_id, c.run_id, c.kind, c.observed_at, after.*,
            c.kind = 'updated' AND before.is_closed AS was_closed, before.closed_at AS was_closed_at
        FROM change AS c
        CROSS JOIN LATERAL (
            SELECT @event_values@, @closed@ AS is_closed, @repaired@ AS is_repaired
            FROM (SELECT @from_raw@ FROM (VALUES (c.raw)) AS r (raw)) AS t
        ) AS after
        CROSS JOIN LATERAL (
            SELECT @closed@ AS is_closed, @closed_at_of(t.)@ AS closed_at
            FROM (SELECT @status_from_raw@ FROM (SELECT CASE
                WHEN c.changed ?| @status_cells@ THEN c.raw || (
                    SELECT jsonb_object_agg(was.key, was.value -> 0) FROM jsonb_each(c.changed) AS was
                )
                ELSE c.raw -- most changes are of other cells
            END AS raw OFFSET 0) AS r) AS t
        ) AS before
    ), entered AS (
        INSERT INTO tickets.closure_events (feed, ticket_id, observed_at, run_id, @event_columns@)
        SELECT @feed_text@, ticket_id, observed_at, run_id, @event_columns@
        FROM step WHERE is_closed AND p_new ORDER BY change_id
        ON CONFLICT DO NOTHING
    ), flow AS (
        INSERT INTO tickets.@feed@_daily_snapshot AS s
            (snapshot_date, cluster, observed_created, observed_closed, observed_reopened, captured_at)
        SELECT (observed_at AT TIME ZONE @zone@)::date, left(coalesce(cluster, '(none)'), 200),
            count(*) FILTER (WHERE kind = 'inserted'), count(*) FILTER (WHERE is_closed),
            count(*) FILTER (WHERE was_closed), p_as_of
        FROM step WHERE p_new AND (kind = 'inserted' OR is_closed <> was_closed)
        GROUP BY 1, 2
        ON CONFLICT (snapshot_date, cluster) DO UPDATE SET
            observed_created = s.observed_created + excluded.observed_created,
            observed_closed = s.observed_closed + excluded.observed_closed,
            observed_reopened = s.observed_reopened + excluded.observed_reopened,
            captured_at = excluded.captured_at
    )
    SELECT array_agg(ticket_id), array_agg(kind = 'inserted'), array_agg(is_closed), array_agg(closed_at),
        array_agg(is_repaired), array_agg(was_closed), array_agg(was_closed_at), array_agg(observed_at)
    INTO v_ticket, v_is_new, v_is_closed, v_closed_at, v_is_repaired, v_was_closed, v_was_closed_at, v_seen_at
    FROM step WHERE is_closed <> was_closed OR is_closed AND closed_at IS DISTINCT FROM was_closed_at;
@include(attribute.sql)@
END $$;
