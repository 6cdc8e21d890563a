-- What each team closed and repaired, for readers; one JSON document. Names of [teams] are applied here: `closer` and
-- `worker` are teams as shown, null for unattributed.
CREATE OR REPLACE FUNCTION reporting.fn_@feed@_teams(
    p_cluster text DEFAULT NULL, p_window text DEFAULT '7d',
    p_from timestamptz DEFAULT NULL, p_to timestamptz DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET TimeZone = @zone@
SET jit = off SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column -- feeds may have a column of any name but those declared below
DECLARE
    v_since timestamptz;
    v_until timestamptz;
    v_judged timestamptz; -- of repairs closed before it is known whether they lasted
    v_as_of timestamptz;
    v_freshness json;
    v_least integer := coalesce((SELECT min(s.min_n) FROM tickets.team_settings AS s), 5);
BEGIN
    PERFORM tickets.check_asked(p_cluster, NULL);
    PERFORM FROM tickets.@feed@_open_sla LIMIT 0; -- `migrate` locks the view while it replaces it: wait
    SELECT since, until INTO v_since, v_until FROM tickets.asked_window(p_window, p_from, p_to, now());
    v_judged := least(v_until, now() - interval '30 days');
    SELECT data_as_of, freshness INTO v_as_of, v_freshness FROM tickets.freshness(@feed_text@, now());
    RETURN (
        WITH open AS MATERIALIZED (
            SELECT @team@ AS spelled, count(*) AS n, count(*) FILTER (WHERE sla_state = 'overdue') AS overdue
            FROM tickets.@feed@_open_sla WHERE @team@ <> '' AND @in_cluster@ GROUP BY 1
        ), found AS MATERIALIZED ( -- every episode that was closed in the window
            SELECT a.*, e.ticket_id, e.closed_at
            FROM tickets.closure_events AS e JOIN tickets.closure_teams AS a USING (event_id)
            WHERE e.feed = @feed_text@ AND e.closed_at >= v_since AND e.closed_at < v_until AND a.stands
                AND @event_in_cluster@
        ), judged AS MATERIALIZED ( -- repairs of as long a time as the window, all of them at least 30 days old
            SELECT a.closing_team, a.reopened_at IS NULL OR a.reopened_at >= e.closed_at + interval '30 days' AS lasted
            FROM tickets.closure_events AS e JOIN tickets.closure_teams AS a USING (event_id)
            WHERE e.feed = @feed_text@ AND e.closed_at >= v_judged - (v_until - v_since) AND e.closed_at < v_judged
                AND a.stands AND a.kind = 'repaired' AND @event_in_cluster@
        ), shown AS MATERIALIZED ( -- each spelling with its team: by fleetfeed.toml, else the most frequent of its key
            SELECT s.spelled, CASE WHEN n.desk THEN 1 ELSE 0 END AS desk, CASE
                WHEN s.key = 'unattributed' THEN s.usual || ' (team)' ELSE coalesce(n.team, s.usual) END AS team
            FROM (
                SELECT spelled, k.key, first_value(btrim(spelled, E' \t\r\n')) OVER (
                    PARTITION BY k.key ORDER BY every.n DESC, spelled COLLATE "C") AS usual
                FROM (
                    SELECT spelled, sum(n) AS n FROM (
                        SELECT spelled, n FROM open UNION ALL SELECT closing_team, 1 FROM found
                        UNION ALL SELECT working_team, 1 FROM found UNION ALL SELECT unnest(teams), 1 FROM found
                        UNION ALL SELECT closing_team, 1 FROM judged
                    ) AS each WHERE spelled IS NOT NULL GROUP BY 1
                ) AS every
                CROSS JOIN LATERAL (SELECT tickets.team_key(spelled) AS key OFFSET 0) AS k
            ) AS s
            LEFT JOIN tickets.team_names AS n ON n.spelling = s.key
        ), episode AS MATERIALIZED (
            SELECT f.event_id, f.kind, f.basis, f.teams, f.reopened_at, f.corrected_from, f.stretch_minutes,
                c.team AS closer, w.team AS worker, f.closed_at::date AS day, @took(f.closed_at)@ AS took,
                coalesce(own.minutes, usual.minutes) AS target, f.closed_at >= v_judged AS pending
            FROM found AS f LEFT JOIN shown AS c ON c.spelled = f.closing_team
            LEFT JOIN shown AS w ON w.spelled = f.working_team
            LEFT JOIN @table@ AS t ON t.ticket_id = f.ticket_id
            LEFT JOIN tickets.sla_targets AS own ON own.feed = @feed_text@ AND own.kind = @bucket_of(t.)@
            LEFT JOIN tickets.sla_targets AS usual ON usual.feed = @feed_text@ AND usual.kind = 'default'
        ), repair AS (
            SELECT * FROM episode WHERE kind = 'repaired'
        ), closers AS (
            SELECT closer AS team, count(*) AS n, count(reopened_at) AS reopened, count(took) AS timed,
                count(*) FILTER (WHERE pending) AS pending,
                percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY took) AS p,
                count(*) FILTER (WHERE took <= target) AS within, count(took) FILTER (WHERE target > 0) AS targeted
            FROM repair GROUP BY 1
        ), lasting AS (
            SELECT s.team, count(*) FILTER (WHERE j.lasted) AS yes, count(*) FILTER (WHERE NOT j.lasted) AS no
            FROM judged AS j JOIN shown AS s ON s.spelled = j.closing_team GROUP BY 1
        ), workers AS (
            SELECT worker AS team, count(*) AS n, count(stretch_minutes) AS timed,
                percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY stretch_minutes::double precision) AS p
            FROM repair GROUP BY 1
        ), either AS (
            SELECT team, count(*) AS n FROM (
                SELECT event_id, closer AS team FROM repair UNION SELECT event_id, worker FROM repair
            ) AS b GROUP BY 1
        ), cancellers AS (
            SELECT closer AS team, count(*) AS n FROM episode WHERE kind = 'cancelled' GROUP BY 1
        ), days AS (
            SELECT team, json_agg(json_build_object('date', day, 'closed', n) ORDER BY day) AS listed
            FROM (SELECT closer AS team, day, count(*) AS n FROM repair GROUP BY 1, 2) AS d GROUP BY 1
        ), handover AS MATERIALIZED (
            SELECT giver, taker, count(*) AS n FROM (
                SELECT lag(s.team) OVER (PARTITION BY r.event_id ORDER BY u.place) AS giver, s.team AS taker
                FROM repair AS r CROSS JOIN LATERAL unnest(r.teams) WITH ORDINALITY AS u (spelled, place)
                JOIN shown AS s ON s.spelled = u.spelled
            ) AS h WHERE giver <> taker GROUP BY 1, 2
        ), waiting AS (
            SELECT s.team, sum(o.n)::bigint AS n, sum(o.overdue)::bigint AS overdue
            FROM open AS o JOIN shown AS s USING (spelled) GROUP BY 1
        ), listed AS (
            SELECT team, max(desk) AS desk FROM shown GROUP BY 1
        )
        SELECT row_to_json(document) FROM (SELECT
            1 AS schema_version,
            now() AS generated_at,
            v_as_of AS data_as_of,
            @feed_text@ AS feed,
            json_build_object('cluster', p_cluster, 'window', coalesce(p_window, '7d'), 'from', v_since, 'to', v_until,
                'timezone', @zone@) AS filters,
            v_freshness AS freshness,
            (SELECT c.attributed_since FROM tickets.captures AS c WHERE c.feed = @feed_text@) AS attribution_since,
            coalesce((
                SELECT json_agg(json_build_object(
                    'team', l.team, 'desk', l.desk = 1,
                    'open', coalesce(waiting.n, 0), 'overdue', coalesce(waiting.overdue, 0),
                    'closed', json_build_object('as_closer', coalesce(c.n, 0), 'as_worker', coalesce(w.n, 0),
                        'n', coalesce(either.n, 0)),
                    'cancelled', coalesce(x.n, 0),
                    'lasted', json_build_object('yes', coalesce(j.yes, 0), 'no', coalesce(j.no, 0),
                        'pending', coalesce(c.pending, 0), 'pct', @share(j.yes, j.yes + j.no)@),
                    'reopened', coalesce(c.reopened, 0),
                    'repair_minutes', json_build_object(@p50_p90(c)@, 'n', coalesce(c.timed, 0)),
                    'stretch_minutes', json_build_object(@p50_p90(w)@, 'n', coalesce(w.timed, 0)),
                    'handovers_in', (SELECT coalesce(sum(n), 0) FROM handover WHERE taker = l.team),
                    'handovers_out', (SELECT coalesce(sum(n), 0) FROM handover WHERE giver = l.team),
                    'within_target', json_build_object('pct', @share(c.within, c.targeted)@,
                        'n', coalesce(c.targeted, 0)),
                    'by_day', coalesce(days.listed, '[]')
                ) ORDER BY coalesce(w.n, 0) DESC, coalesce(c.n, 0) DESC, coalesce(waiting.n, 0) DESC, l.team COLLATE "C")
                FROM listed AS l LEFT JOIN waiting USING (team) LEFT JOIN closers AS c USING (team)
                LEFT JOIN workers AS w USING (team) LEFT JOIN either USING (team) LEFT JOIN cancellers AS x USING (team)
                LEFT JOIN days USING (team) LEFT JOIN lasting AS j USING (team)
            ), '[]') AS teams,
            (SELECT json_build_object('closed', count(*), 'by_basis', json_build_object(
                'none', count(*) FILTER (WHERE basis = 'none'),
                'backfilled', count(*) FILTER (WHERE basis = 'backfilled')
            )) FROM repair WHERE closer IS NULL) AS unattributed,
            coalesce((
                SELECT json_agg(json_build_object('from', giver, 'to', taker, 'n', n)
                    ORDER BY n DESC, giver COLLATE "C", taker COLLATE "C") FROM handover
            ), '[]') AS handovers,
            (SELECT json_build_object(
                'closed', count(*) FILTER (WHERE kind = 'repaired'),
                'attributed', count(*) FILTER (WHERE kind = 'repaired' AND closer IS NOT NULL),
                'episodes', count(*),
                'corrected', count(*) FILTER (WHERE corrected_from IS NOT NULL)
            ) FROM episode) AS totals
        ) AS document
    );
END $$;
