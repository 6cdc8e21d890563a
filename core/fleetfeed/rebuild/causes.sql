-- Why each difference is there. `live_run` (run_id, state, other_rules, place) has the loads of the feed and its
-- replays of rejects; state: rebuilt, missing, before, replayed.
CREATE TEMP TABLE touched ON COMMIT DROP AS
SELECT t.ticket_id, bool_or(r.state = 'missing') AS missing, bool_or(r.state = 'before') AS before,
    bool_or(r.state = 'replayed') AS replayed, bool_or(r.other_rules) AS rules,
    bool_or(b.run_id IS NOT NULL) AS backfilled,
    bool_or(r.run_id IS NULL AND b.run_id IS NULL AND t.run_id < f.oldest) AS pruned,
    bool_or(r.run_id IS NULL AND b.run_id IS NULL AND (t.run_id < f.oldest) IS NOT TRUE AND t.ingested_at < f.begun)
        AS adopted,
    bool_or(r.run_id IS NULL AND b.run_id IS NULL AND (t.run_id < f.oldest) IS NOT TRUE
        AND (t.ingested_at < f.begun) IS NOT TRUE) AS by_hand
FROM (
    SELECT ticket_id, run_id, NULL::timestamptz AS ingested_at FROM log_live
    UNION ALL SELECT ticket_id, run_id, NULL FROM log_rebuilt
    UNION ALL SELECT ticket_id, run_id, ingested_at FROM @live@
) AS t
LEFT JOIN live_run AS r ON r.run_id = t.run_id
LEFT JOIN rebuilt_run AS b ON b.of IS NULL AND b.run_id = t.run_id
CROSS JOIN (SELECT min(run_id) AS oldest, min(started_at) AS begun FROM tickets.import_runs WHERE feed = @live_text@)
    AS f
WHERE t.ticket_id IN (SELECT d.ticket_id FROM difference AS d)
GROUP BY 1;

CREATE TEMP TABLE known ON COMMIT DROP AS
SELECT (SELECT min(observed_at) FROM log_live) AS oldest,
    (SELECT as_live FROM rebuilt_run WHERE outcome = 'loaded' ORDER BY run_id LIMIT 1) AS first_run,
    (SELECT source_last_modified FROM rebuilt_run WHERE outcome = 'loaded' ORDER BY run_id LIMIT 1) AS first_written,
    EXISTS (SELECT FROM live_run WHERE state = 'before') OR EXISTS (SELECT FROM @live@ WHERE run_id IS NULL
        AND ingested_at < (SELECT min(started_at) FROM tickets.import_runs WHERE feed = @live_text@)) AS has_before;

-- A load and its replay leave as many of the changes that they count out of the log (those of bookkeeping): somebody has
-- deleted or added what does not add up.
CREATE TEMP TABLE adds_up ON COMMIT DROP AS
SELECT d.run_id, d.kind, sign(live.logged - (r.counts ->> d.kind)::bigint
    - (rebuilt.logged - (b.counts ->> d.kind)::bigint)) AS more
FROM (SELECT DISTINCT run_id, kind FROM difference WHERE part = 'log') AS d
JOIN tickets.import_runs AS r ON r.run_id = d.run_id
JOIN rebuilt_run AS b ON b.of = d.run_id
LEFT JOIN (SELECT run_id, kind, count(*) FROM log_live GROUP BY 1, 2) AS l (run_id, kind, n)
    ON (l.run_id, l.kind) = (d.run_id, d.kind)
LEFT JOIN (SELECT run_id, kind, count(*) FROM log_rebuilt GROUP BY 1, 2) AS s (run_id, kind, n)
    ON (s.run_id, s.kind) = (d.run_id, d.kind)
CROSS JOIN LATERAL (SELECT coalesce(l.n, 0) AS logged) AS live
CROSS JOIN LATERAL (SELECT coalesce(s.n, 0) AS logged) AS rebuilt;

UPDATE difference AS d SET cause = CASE
    WHEN d.side = 'only rebuilt' AND d.at < k.oldest THEN 'pruned'
    WHEN t.by_hand THEN 'by hand'
    WHEN t.before OR t.adopted OR k.has_before AND d.side = 'only rebuilt' AND d.run_id = k.first_run
        THEN 'before the archive'
    WHEN t.missing THEN 'missing export'
    WHEN t.replayed THEN 'replayed'
    WHEN t.backfilled THEN 'backfilled'
    WHEN t.rules THEN 'rules'
    WHEN t.pruned THEN 'pruned'
    WHEN d.side = 'only rebuilt' AND a.more < 0 OR d.side = 'only live' AND a.more > 0 THEN 'by hand'
    ELSE 'unexplained' END
FROM difference AS o LEFT JOIN touched AS t ON t.ticket_id = o.ticket_id
    LEFT JOIN adds_up AS a ON (a.run_id, a.kind) = (o.run_id, o.kind) CROSS JOIN known AS k
WHERE d.ctid = o.ctid AND d.part = 'log';

-- The same export, read by the same rules, ends with the same row. If a load and its replay do, but log other changes,
-- the load has found a row that no load had written. A ticket's presence counts as a cell without a name.
CREATE TEMP TABLE logged_cell ON COMMIT DROP AS
SELECT l.side, l.ticket_id, l.run_id, c.name, c.old, c.new
FROM (SELECT 'live' AS side, * FROM log_live UNION ALL SELECT 'rebuilt', * FROM log_rebuilt) AS l
CROSS JOIN LATERAL (
    SELECT key, value -> 0, value -> 1 FROM jsonb_each(l.changed)
    UNION ALL
    SELECT '', p.old, p.new FROM (VALUES ('inserted', 'null'::jsonb, '"listed"'::jsonb),
        ('absent', '"listed"', '"absent"'), ('returned', '"absent"', '"listed"')) AS p (kind, old, new)
    WHERE p.kind = l.kind
) AS c (name, old, new)
WHERE l.ticket_id IN (SELECT d.ticket_id FROM difference AS d WHERE d.part = 'log' AND d.cause = 'unexplained');
CREATE INDEX ON logged_cell (ticket_id);

CREATE TEMP TABLE row_now ON COMMIT DROP AS
SELECT r.side, r.ticket_id,
    r.raw || jsonb_build_object('', CASE WHEN r.absent_since IS NULL THEN 'listed' ELSE 'absent' END) AS cells
FROM (
    SELECT 'live' AS side, ticket_id, raw, absent_since FROM @live@
    UNION ALL SELECT 'rebuilt', ticket_id, raw, absent_since FROM @shadow@
) AS r WHERE r.ticket_id IN (SELECT c.ticket_id FROM logged_cell AS c);

UPDATE difference AS d SET cause = 'by hand' WHERE d.part = 'log' AND d.cause = 'unexplained' AND NOT EXISTS (
    SELECT FROM logged_cell AS c
    CROSS JOIN LATERAL (
        SELECT count(DISTINCT coalesce(
            (SELECT CASE WHEN n.run_id = c.run_id THEN n.new ELSE n.old END FROM logged_cell AS n
                WHERE (n.side, n.ticket_id, n.name) = (s.side, c.ticket_id, c.name) AND n.run_id >= c.run_id
                ORDER BY n.run_id LIMIT 1),
            (SELECT r.cells -> c.name FROM row_now AS r WHERE (r.side, r.ticket_id) = (s.side, c.ticket_id)),
            'null'
        )) AS values FROM (VALUES ('live'), ('rebuilt')) AS s (side)
    ) AS after
    WHERE (c.ticket_id, c.run_id) = (d.ticket_id, d.run_id) AND after.values > 1
);

-- A row whose ticket has the same log, by the same rules, was written by no load.
UPDATE difference AS d SET cause = CASE
    WHEN t.by_hand THEN 'by hand'
    WHEN t.before OR t.adopted OR k.has_before AND d.part = 'closures' AND d.at < k.first_written
        THEN 'before the archive'
    WHEN t.missing THEN 'missing export'
    WHEN t.replayed THEN 'replayed'
    WHEN t.backfilled THEN 'backfilled'
    WHEN t.rules THEN 'rules'
    WHEN d.ticket_id NOT IN (SELECT l.ticket_id FROM difference AS l WHERE l.part = 'log' AND l.cause = 'unexplained')
        THEN 'by hand'
    ELSE 'unexplained' END
FROM difference AS o LEFT JOIN touched AS t ON t.ticket_id = o.ticket_id CROSS JOIN known AS k
WHERE d.ctid = o.ctid AND d.part IN ('tickets', 'bookkeeping', 'places', 'closures');

UPDATE difference AS d SET cause = CASE
    WHEN EXISTS (SELECT FROM rebuilt_run AS b WHERE b.of IS NULL AND b.run_id = d.run_id) THEN 'backfilled'
    WHEN (SELECT r.other_rules FROM live_run AS r WHERE r.run_id = d.run_id) THEN 'rules'
    WHEN d.part = 'rejects' AND d.side = 'only rebuilt' AND (SELECT l.counts -> 'rejected' = b.counts -> 'rejected'
        FROM rebuilt_run AS b JOIN tickets.import_runs AS l ON l.run_id = b.of WHERE b.of = d.run_id) THEN 'pruned'
    WHEN d.part = 'rejects' THEN 'unexplained'
    END
WHERE d.part IN ('rejects', 'loads');

-- Counts differ because of tickets: those of the run or of the day, else any.
CREATE TEMP TABLE blamed ON COMMIT DROP AS
SELECT run_id, day, part = 'log' AS is_log, max(cause) FILTER (WHERE cause = 'unexplained') AS worst, max(cause) AS cause
FROM difference WHERE part NOT IN ('flows', 'backlog', 'rejects', 'loads') GROUP BY 1, 2, 3;

UPDATE difference AS d SET cause = coalesce(
    CASE WHEN k.has_before AND (d.day < (k.first_written AT TIME ZONE @zone@)::date OR d.run_id = k.first_run)
        THEN 'before the archive' END,
    (SELECT coalesce(max(b.worst), max(b.cause)) FROM blamed AS b
        WHERE b.is_log AND (b.run_id = d.run_id OR b.day = d.day)),
    (SELECT coalesce(max(b.worst), max(b.cause)) FROM blamed AS b),
    (SELECT 'rules' FROM live_run AS r WHERE r.other_rules LIMIT 1),
    'unexplained')
FROM difference AS o CROSS JOIN known AS k
WHERE d.ctid = o.ctid AND d.part IN ('flows', 'backlog', 'loads') AND o.cause IS NULL;
