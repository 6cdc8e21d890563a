-- One JSON document: open tickets, tickets closed in a window, and metrics over both. All numbers are from one snapshot,
-- that of the calling query, as the function is STABLE.
CREATE OR REPLACE FUNCTION tickets.@feed@_dashboard(
    p_cluster text, p_status text, p_window text, p_from timestamptz, p_to timestamptz
) RETURNS json
-- JIT costs more than it saves; a generic plan would read far more than a plan for these arguments.
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET TimeZone = @zone@
SET jit = off SET plan_cache_mode = force_custom_plan SET enable_memoize = off AS $$
#variable_conflict use_column -- feeds may have a column `found`, but none with a name declared below
DECLARE
    v_since timestamptz;
    v_until timestamptz;
    v_midnights timestamptz[]; -- of the days that overlap the window, and of the day after
    v_first timestamptz;
    v_last timestamptz;
    v_as_of timestamptz;
    v_freshness json;
BEGIN
    SELECT since, until INTO v_since, v_until FROM tickets.asked_window(p_window, p_from, p_to, now());
    v_midnights := ARRAY(SELECT generate_series(date_trunc('day', v_since),
        date_trunc('day', v_until - interval '1 microsecond') + interval '1 day', '1 day'));
    v_first := v_midnights[1];
    v_last := v_midnights[cardinality(v_midnights)];
    SELECT data_as_of, freshness INTO v_as_of, v_freshness FROM tickets.freshness(@feed_text@, now());
    RETURN (
        WITH open AS MATERIALIZED (
            SELECT @shown@, age_since, age_minutes, sla_state, geom, geo_source, geo_precision
            FROM tickets.@feed@_open_sla
            WHERE @in_cluster@ AND @in_status@
        ), backlog AS MATERIALIZED ( -- all counts in one pass
            SELECT count(*) AS n, count(geom) AS mapped, count(*) FILTER (WHERE @actionable@) AS actionable,
                count(*) FILTER (WHERE @team@ IS NULL) AS unassigned, @states@, @aged@ AS aged
            FROM open
        ), gone AS MATERIALIZED ( -- closed on one of the days, by index-only scan; `counts`: within the window
            @gone(fits)@ UNION ALL @gone(long)@
        ), tally AS MATERIALIZED ( -- all counts in one pass; `by` has a bit for each column that is not grouped by
            SELECT GROUPING(cluster, geo_precision, place) AS by, cluster, geo_precision, place,
                coalesce(sum(n), 0)::bigint AS n, coalesce(sum(n) FILTER (WHERE counts), 0)::bigint AS gone,
                coalesce(sum(n) FILTER (WHERE counts AND mapped), 0)::bigint AS mapped
            FROM ( -- far fewer rows for the four groupings
                SELECT cluster, geo_precision, place, counts, mapped, count(*) AS n FROM gone GROUP BY 1, 2, 3, 4, 5
            ) AS alike
            GROUP BY GROUPING SETS ((cluster), (geo_precision), (place), ())
        ), repairs AS MATERIALIZED ( -- times to repair, without negative ones and cancelled tickets
            SELECT count(*) AS closed, count(took) FILTER (WHERE repaired) AS n,
                count(*) FILTER (WHERE repaired AND reported >= 0) AS reported_n,
                count(*) FILTER (WHERE took <= 1440) AS within_24h, count(*) FILTER (WHERE took <= 2880) AS within_48h,
                percentile_cont(ARRAY[0.5, 0.8, 0.9, 0.95]) WITHIN GROUP (ORDER BY took) FILTER (WHERE repaired) AS p,
                percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY reported::double precision)
                    FILTER (WHERE repaired AND reported >= 0) AS reported_p
            FROM gone WHERE counts
        ), events AS MATERIALIZED ( -- repairs as observed: later changes of the ticket do not affect them
            SELECT team, closed, n, ARRAY[(SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY t) FROM unnest(took) AS t)] AS p
            FROM (
                SELECT team, count(*) AS closed, count(took) AS n, array_agg(took) AS took
                FROM (
                    SELECT team, @minutes(began)@ AS took
                    FROM (
                        SELECT e.closed_at, coalesce(a.closing_team, 'unattributed') COLLATE "C" AS team,
                            CASE WHEN g.ticket_id IS NOT NULL THEN g.created ELSE (
                                SELECT @created@ FROM @table@ AS t WHERE t.ticket_id = e.ticket_id
                            ) END AS began
                        FROM tickets.closure_events AS e JOIN tickets.closure_teams AS a USING (event_id)
                        LEFT JOIN gone AS g ON g.counts AND g.ticket_id = e.ticket_id
                        WHERE e.feed = @feed_text@ AND e.closed_at >= v_since AND e.closed_at < v_until
                            AND a.stands AND a.kind = 'repaired' AND @event_in_cluster@
                        OFFSET 0
                    ) AS event
                    OFFSET 0
                ) AS one
                GROUP BY team
            ) AS teams
        )
        SELECT row_to_json(document) FROM (SELECT -- row_to_json() copies long parts once, json_build_object() at each level
            1 AS schema_version,
            now() AS generated_at,
            v_as_of AS data_as_of,
            @feed_text@ AS feed,
            json_build_object(
                'cluster', p_cluster, 'status', p_status, 'window', coalesce(p_window, '7d'),
                'from', v_since, 'to', v_until, 'timezone', @zone@
            ) AS filters,
            v_freshness AS freshness,
            (SELECT o FROM (SELECT 'FeatureCollection' AS type, coalesce((
                SELECT json_agg(@open_feature@) -- ordered by the subquery: sorting documents costs more
                FROM (SELECT * FROM open ORDER BY age_since DESC NULLS LAST, ticket_id LIMIT 5000) AS t
            ), '[]') AS features) AS o) AS open,
            (SELECT c FROM (SELECT 'FeatureCollection' AS type, coalesce((
                SELECT json_agg(@closed_feature@)
                FROM (
                    SELECT * FROM (@newest_closed(fits)@) AS a UNION ALL SELECT * FROM (@newest_closed(long)@) AS b
                    ORDER BY @newest_first@ LIMIT 2000
                ) AS t
            ), '[]') AS features) AS c) AS closed,
            (SELECT json_build_object(
                'open', o.n, 'open_mapped', o.mapped, 'open_unmapped', o.n - o.mapped,
                'open_absent', (
                    SELECT count(*) FROM @table@
                    WHERE @not_closed@ AND absent_since IS NOT NULL AND @in_cluster@ AND @in_status@
                ),
                'closed', c.n, 'closed_mapped', c.mapped,
                'open_truncated', greatest(0, o.n - 5000), 'closed_truncated', greatest(0, c.n - 2000),
                'by_precision', coalesce((
                    SELECT json_object_agg(geo_precision, n ORDER BY n DESC, geo_precision) FROM (
                        SELECT geo_precision, sum(n) AS n FROM (
                            SELECT geo_precision, count(*) AS n FROM open GROUP BY 1
                            UNION ALL SELECT geo_precision, gone FROM tally WHERE by = 5
                        ) AS placed WHERE geo_precision IS NOT NULL AND n > 0 GROUP BY 1
                    ) AS p
                ), '{}')
            ) FROM backlog AS o, (SELECT gone AS n, mapped FROM tally WHERE by = 7) AS c) AS counts,
            json_build_object(
                'backlog', (SELECT json_build_object(
                    'total', n, 'actionable', actionable, 'overdue', overdue, 'unassigned', unassigned
                ) FROM backlog),
                'ageing', (
                    SELECT json_agg(json_build_object(
                        'from_minutes', edges[place], 'to_minutes', edges[place + 1], 'n', aged[place]
                    ) ORDER BY place)
                    FROM backlog, (SELECT @ages@ AS edges) AS e, generate_subscripts(edges, 1) AS place
                ),
                'sla', (SELECT json_build_object(
                    'ok', ok, 'warn', warn, 'urgent', urgent, 'overdue', overdue, 'unknown', unknown,
                    'basis', 'open_age_24x7'
                ) FROM backlog),
                'flow', (
                    SELECT json_agg(json_build_object(
                        'date', day.at, 'created', coalesce(c.n, 0), 'closed', coalesce(g.n, 0),
                        'reopened', coalesce(s.reopened, 0), 'backlog', s.backlog,
                        'provisional', v_as_of IS NULL OR day.next > v_as_of
                    ) ORDER BY place)
                    FROM (
                        SELECT place, midnight::date AS at, v_midnights[place + 1] AS next
                        FROM unnest(v_midnights[:cardinality(v_midnights) - 1]) WITH ORDINALITY AS m (midnight, place)
                    ) AS day
                    LEFT JOIN (
                        SELECT width_bucket(@created@, v_midnights) AS place, count(*) AS n FROM @table@
                        WHERE @created@ >= v_first AND @created@ < v_last AND @in_cluster@
                        GROUP BY 1
                    ) AS c USING (place)
                    LEFT JOIN (SELECT place, n FROM tally WHERE by = 6) AS g USING (place)
                    LEFT JOIN (
                        SELECT snapshot_date AS at,
                            sum(observed_reopened) FILTER (WHERE asked) AS reopened,
                            CASE WHEN count(open_total) > 0
                                THEN coalesce(sum(open_total) FILTER (WHERE asked), 0) END AS backlog
                        FROM tickets.@feed@_daily_snapshot -- cuts names after 200 characters
                        CROSS JOIN LATERAL (SELECT p_cluster IS NULL OR cluster = left(p_cluster, 200)) AS a (asked)
                        WHERE snapshot_date >= v_first::date AND snapshot_date < v_last::date
                        GROUP BY 1
                    ) AS s USING (at)
                ),
                'ttr', (SELECT json_build_object(
                    'n', n, @percentiles(50, 80, 90, 95)@,
                    'within_24h_pct', @pct(within_24h)@, 'within_48h_pct', @pct(within_48h)@,
                    'basis', @ttr_basis@
                ) FROM repairs),
                'mttr', (SELECT json_build_object('n', n, @percentiles(50, 90)@, 'basis', 'source mttr')
                    FROM (SELECT reported_n AS n, reported_p AS p FROM repairs) AS t),
                'by_cluster', coalesce((
                    SELECT json_agg(json_build_object(
                        'cluster', cluster, 'open', opened, 'overdue', overdue, 'closed', gone
                    ) ORDER BY opened DESC, gone DESC, cluster)
                    FROM (
                        SELECT cluster, sum(opened) AS opened, sum(overdue) AS overdue, sum(gone) AS gone
                        FROM (
                            SELECT coalesce(@cluster@, '(none)') AS cluster, count(*) AS opened,
                                count(*) FILTER (WHERE sla_state = 'overdue') AS overdue, 0 AS gone FROM open GROUP BY 1
                            UNION ALL SELECT cluster, 0, 0, gone FROM tally WHERE by = 3 AND gone > 0
                        ) AS both_sets GROUP BY 1
                    ) AS c
                ), '[]'),
                'by_team', coalesce((
                    SELECT json_agg(json_build_object(
                        'team', team, 'open', coalesce(opened, 0), 'closed', coalesce(closed, 0), @percentiles(50)@,
                        'n', coalesce(n, 0)
                    ) ORDER BY coalesce(opened, 0) DESC, coalesce(closed, 0) DESC, team)
                    FROM (SELECT coalesce(@team@, 'unattributed') AS team, count(*) AS opened FROM open GROUP BY 1) AS o
                    FULL JOIN events USING (team)
                ), '[]')
            ) AS metrics
        ) AS document
    );
END $$;
