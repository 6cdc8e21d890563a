-- Record new closures, and the backlog of the day of `as_of`. Called by tickets.capture_history(), which holds the
-- feed's lock.
CREATE OR REPLACE FUNCTION tickets.@feed@_capture_history(p_as_of timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column -- feeds may have a column `found`, but none with a name declared below
DECLARE
    v_today date := (p_as_of AT TIME ZONE @zone@)::date;
    v_runs bigint[] := ARRAY(
        SELECT r.run_id FROM tickets.import_runs AS r
        WHERE r.feed = @feed_text@ AND r.outcome = 'loaded'
            AND NOT EXISTS (SELECT FROM tickets.captured_runs AS c WHERE c.run_id = r.run_id)
        ORDER BY r.run_id
    );
    v_run bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM tickets.captures WHERE feed = @feed_text@) THEN
        -- The first capture: when these closures happened was not observed, so they count in no day's flow.
        WITH load AS MATERIALIZED (
            SELECT run_id, (SELECT c.observed_at FROM tickets.ticket_changes AS c WHERE c.run_id = r.run_id LIMIT 1)
                AS observed_at
            FROM unnest(v_runs) AS r (run_id)
        ), known AS MATERIALIZED ( -- from an adopted database; ON CONFLICT would cost a third more per closure
            SELECT e.ticket_id, coalesce(e.closed_at, '-infinity') AS at FROM tickets.closure_events AS e
            WHERE e.feed = @feed_text@
        )
        INSERT INTO tickets.closure_events (feed, ticket_id, observed_at, run_id, @event_columns@)
        SELECT @feed_text@, t.ticket_id, coalesce(load.observed_at, p_as_of), t.run_id, @event_values@
        FROM (SELECT * FROM @table@ WHERE @closed@) AS t LEFT JOIN load ON load.run_id = t.run_id
        WHERE NOT EXISTS (
            SELECT FROM known AS k WHERE k.ticket_id = t.ticket_id AND k.at = coalesce(@closed_at_of(t.)@, '-infinity')
        )
        ORDER BY @closed_at_of(t.)@; -- as later ones will be, so that a week's rows are on the same pages
        PERFORM tickets.@feed@_attribute_past(true);
        INSERT INTO tickets.captures (feed, first_at, attributed_since)
        SELECT @feed_text@, p_as_of, now() WHERE v_runs <> '{}' OR EXISTS (SELECT FROM @table@);
    ELSE
        FOREACH v_run IN ARRAY v_runs LOOP
            PERFORM tickets.@feed@_observe(v_run, p_as_of, true);
        END LOOP;
    END IF;
    INSERT INTO tickets.captured_runs (run_id, feed) SELECT unnest(v_runs), @feed_text@;

    IF current_setting('fleetfeed.replaying', true) IS DISTINCT FROM 'yes' -- a rebuild has the table of then
        AND v_today < (now() AT TIME ZONE @zone@)::date AND EXISTS (
        SELECT FROM tickets.@feed@_daily_snapshot WHERE snapshot_date = v_today AND open_total IS NOT NULL
    ) THEN
        RETURN; -- keep the backlog counted on a past day: the table no longer has it
    END IF;
    -- A cluster whose last open ticket closed today goes back to 0. A day without open tickets gets a row, too.
    INSERT INTO tickets.@feed@_daily_snapshot AS s
        (snapshot_date, cluster, open_total, open_actionable, open_overdue, captured_at)
    SELECT v_today, cluster, count(*) FILTER (WHERE is_open), count(*) FILTER (WHERE is_open AND is_actionable),
        count(*) FILTER (WHERE is_open AND @age(p_as_of)@ > target_minutes), p_as_of
    FROM (
        -- Not from the view: it computes more of each ticket, which takes as long as all else.
        SELECT left(coalesce(open.cluster, '(none)'), 200) AS cluster, true AS is_open, open.is_actionable,
            open.age_since, coalesce(own.minutes, usual.minutes) AS target_minutes
        FROM (
            SELECT @cluster@ AS cluster, @actionable@ AS is_actionable, @opened@ AS age_since, @bucket_of()@ AS bucket
            FROM @table@ WHERE @open@
        ) AS open
        LEFT JOIN tickets.sla_targets AS own ON own.feed = @feed_text@ AND own.kind = open.bucket
        LEFT JOIN tickets.sla_targets AS usual ON usual.feed = @feed_text@ AND usual.kind = 'default'
        UNION ALL
        SELECT cluster, false, NULL, NULL, NULL FROM tickets.@feed@_daily_snapshot WHERE snapshot_date = v_today
        UNION ALL
        SELECT '(none)', false, NULL, NULL, NULL WHERE NOT EXISTS (SELECT FROM tickets.@feed@_open_sla)
            AND NOT EXISTS (SELECT FROM tickets.@feed@_daily_snapshot WHERE snapshot_date = v_today)
    ) AS found
    GROUP BY cluster
    ON CONFLICT (snapshot_date, cluster) DO UPDATE SET open_total = excluded.open_total,
        open_actionable = excluded.open_actionable, open_overdue = excluded.open_overdue,
        captured_at = excluded.captured_at
    WHERE (s.open_total, s.open_actionable, s.open_overdue)
        IS DISTINCT FROM (excluded.open_total, excluded.open_actionable, excluded.open_overdue);
END $$;
