-- Everything in which a feed and its rebuild differ. Runs of the rebuild are numbered as the loads that they repeat.
CREATE TEMP TABLE difference (
    part text, side text, key text, ticket_id text, run_id bigint, kind text, at timestamptz, day date, cause text
) ON COMMIT DROP;

CREATE TEMP TABLE rebuilt_run ON COMMIT DROP AS
SELECT r.run_id, b.of, coalesce(b.of, r.run_id) AS as_live, r.outcome, r.counts, r.source_key, r.source_last_modified
FROM tickets.import_runs AS r, LATERAL (SELECT (r.counts -> 'rebuilt' ->> 'of')::bigint AS of) AS b
WHERE r.feed = @shadow_text@ AND r.counts ? 'rebuilt';
CREATE INDEX ON rebuilt_run (run_id);
CREATE INDEX ON rebuilt_run (of);

-- `geom` is compared as text: the operator of PostGIS is not in the search path.
INSERT INTO difference (part, side, key, ticket_id, run_id)
SELECT p.part, CASE WHEN s.ticket_id IS NULL THEN 'only live' WHEN l.ticket_id IS NULL THEN 'only rebuilt'
    ELSE 'unlike' END, coalesce(l.ticket_id, s.ticket_id), coalesce(l.ticket_id, s.ticket_id), l.run_id
FROM @live@ AS l FULL JOIN @shadow@ AS s ON s.ticket_id = l.ticket_id
CROSS JOIN LATERAL (SELECT l.ticket_id IS NOT NULL AND s.ticket_id IS NOT NULL AS both) AS b
CROSS JOIN LATERAL (VALUES
    ('tickets', NOT b.both
        OR (l.raw - @bookkeeping@, l.absent_since) IS DISTINCT FROM (s.raw - @bookkeeping@, s.absent_since)),
    ('bookkeeping', b.both AND (@cells(l)@) IS DISTINCT FROM (@cells(s)@)),
    ('places', b.both AND (l.location_key, l.geom::text, l.geo_source, l.geo_precision)
        IS DISTINCT FROM (s.location_key, s.geom::text, s.geo_source, s.geo_precision))
) AS p (part, differs)
WHERE p.differs;

CREATE TEMP TABLE log_live ON COMMIT DROP AS
SELECT ticket_id, run_id, observed_at, kind, changed FROM tickets.ticket_changes WHERE feed = @live_text@;
CREATE TEMP TABLE log_rebuilt ON COMMIT DROP AS
SELECT c.ticket_id, r.as_live AS run_id, c.observed_at, c.kind, c.changed
FROM tickets.ticket_changes AS c JOIN rebuilt_run AS r ON r.run_id = c.run_id WHERE c.feed = @shadow_text@;
INSERT INTO difference (part, side, key, ticket_id, run_id, kind, at, day)
SELECT 'log', side, format('%s %s in run %s', ticket_id, kind, run_id), ticket_id, run_id, kind, observed_at,
    (observed_at AT TIME ZONE @zone@)::date
FROM (
    SELECT 'only live' AS side, * FROM (SELECT * FROM log_live EXCEPT ALL SELECT * FROM log_rebuilt) AS a
    UNION ALL
    SELECT 'only rebuilt', * FROM (SELECT * FROM log_rebuilt EXCEPT ALL SELECT * FROM log_live) AS b
) AS found;

INSERT INTO difference (part, side, key, ticket_id, at, day)
SELECT 'closures', side, format('%s %s', ticket_id, closed_at), ticket_id, observed_at,
    (observed_at AT TIME ZONE @zone@)::date
FROM (
    SELECT 'only live' AS side, * FROM (
        SELECT @closure@ FROM tickets.closure_events WHERE feed = @live_text@
        EXCEPT ALL SELECT @closure@ FROM tickets.closure_events WHERE feed = @shadow_text@) AS a
    UNION ALL
    SELECT 'only rebuilt', * FROM (
        SELECT @closure@ FROM tickets.closure_events WHERE feed = @shadow_text@
        EXCEPT ALL SELECT @closure@ FROM tickets.closure_events WHERE feed = @live_text@) AS b
) AS found;

-- A cluster without a row had nothing. Only days that both have counted have a backlog to compare, by the number of
-- tickets: how many are overdue depends on the targets of then.
INSERT INTO difference (part, side, key, day)
SELECT p.part, 'unlike', format('%s %s', day, cluster), day
FROM (SELECT *, snapshot_date AS day FROM @live_days@) AS l FULL JOIN
    (SELECT *, snapshot_date AS day FROM @shadow_days@) AS s USING (day, cluster)
CROSS JOIN LATERAL (VALUES
    ('flows', coalesce(l.observed_created, 0), coalesce(s.observed_created, 0), coalesce(l.observed_closed, 0),
        coalesce(s.observed_closed, 0), coalesce(l.observed_reopened, 0), coalesce(s.observed_reopened, 0)),
    ('backlog', coalesce(l.open_total, 0), coalesce(s.open_total, 0), coalesce(l.open_actionable, 0),
        coalesce(s.open_actionable, 0), 0, 0)
) AS p (part, a1, b1, a2, b2, a3, b3)
WHERE (a1, a2, a3) <> (b1, b2, b3) AND (p.part = 'flows' OR day IN (
    SELECT snapshot_date FROM @live_days@ WHERE open_total IS NOT NULL));

-- Rejects of loads: those that were only ever in refused exports are not read again.
INSERT INTO difference (part, side, key, ticket_id, run_id)
SELECT 'rejects', 'only live', format('%s of run %s: %s', coalesce(j.ticket_id, '-'), j.run_id, j.reason), j.ticket_id,
    j.run_id
FROM tickets.rejects AS j JOIN rebuilt_run AS r ON r.of = j.run_id
WHERE j.feed = @live_text@ AND NOT EXISTS (SELECT FROM tickets.rejects AS s
    WHERE (s.feed, s.digest, s.reason) = (@shadow_text@, j.digest, j.reason))
UNION ALL
SELECT 'rejects', 'only rebuilt', format('%s of run %s: %s', coalesce(j.ticket_id, '-'), r.as_live, j.reason),
    j.ticket_id, r.as_live
FROM tickets.rejects AS j JOIN rebuilt_run AS r ON r.run_id = j.run_id
WHERE j.feed = @shadow_text@ AND r.outcome = 'loaded' AND NOT EXISTS (SELECT FROM tickets.rejects AS l
    WHERE (l.feed, l.digest, l.reason) = (@live_text@, j.digest, j.reason));

INSERT INTO difference (part, side, key, run_id)
SELECT 'loads', CASE WHEN b.of IS NULL THEN 'only rebuilt' WHEN b.outcome <> 'loaded' THEN 'only live'
    ELSE 'unlike' END, format('run %s of %s', b.as_live, b.source_key), b.as_live
FROM rebuilt_run AS b LEFT JOIN tickets.import_runs AS l ON l.run_id = b.of
WHERE b.of IS NULL AND b.outcome = 'loaded' OR l.run_id IS NOT NULL AND (b.outcome <> 'loaded' OR EXISTS (
    SELECT FROM unnest(@counts@) AS n (name) WHERE l.counts ? n.name
        AND l.counts -> n.name IS DISTINCT FROM b.counts -> n.name));
