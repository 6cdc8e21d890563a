-- Take over what differs, in one transaction, after `differences.sql` and `causes.sql`. Tables stay: only contents change.
-- Loads keep their numbers up to the first one that was never loaded before; from there on, runs have those of the rebuild.
CREATE TEMP TABLE numbered ON COMMIT DROP AS
SELECT run_id, of, outcome, CASE WHEN of IS NULL OR bool_or(of IS NULL AND outcome = 'loaded') OVER (ORDER BY run_id)
    THEN run_id ELSE of END AS number
FROM rebuilt_run;

-- Tickets that no export that is still there can bring again: nothing speaks against them.
CREATE TEMP TABLE kept ON COMMIT DROP AS
SELECT ticket_id FROM difference WHERE part = 'tickets' AND side = 'only live'
    AND cause IN ('before the archive', 'missing export', 'replayed');

SELECT set_config('fleetfeed.placed', 'yes', true);

UPDATE @live@ AS t SET raw = s.raw, source_digest = s.source_digest, location_key = s.location_key, geom = s.geom,
    geo_source = s.geo_source, geo_precision = s.geo_precision, absent_since = s.absent_since, run_id = n.number,
    ingested_at = CASE WHEN t.raw = s.raw THEN t.ingested_at ELSE now() END
FROM @shadow@ AS s LEFT JOIN numbered AS n ON n.run_id = s.run_id
WHERE s.ticket_id = t.ticket_id
    AND (t.raw, t.source_digest, t.location_key, t.geom::text, t.geo_source, t.geo_precision, t.absent_since, t.run_id)
    IS DISTINCT FROM
    (s.raw, s.source_digest, s.location_key, s.geom::text, s.geo_source, s.geo_precision, s.absent_since, n.number);

INSERT INTO @live@ (ticket_id, raw, source_digest, location_key, geom, geo_source, geo_precision, absent_since, run_id)
SELECT s.ticket_id, s.raw, s.source_digest, s.location_key, s.geom, s.geo_source, s.geo_precision, s.absent_since,
    n.number
FROM @shadow@ AS s LEFT JOIN numbered AS n ON n.run_id = s.run_id
WHERE NOT EXISTS (SELECT FROM @live@ AS t WHERE t.ticket_id = s.ticket_id);

DELETE FROM @live@ AS t WHERE NOT EXISTS (SELECT FROM @shadow@ AS s WHERE s.ticket_id = t.ticket_id)
    AND t.ticket_id NOT IN (SELECT k.ticket_id FROM kept AS k);

UPDATE @live@ AS t SET run_id = n.number FROM numbered AS n WHERE n.of = t.run_id AND n.number <> n.of;

-- What was logged before the first load that was replayed stays. A ticket of then is new in the rebuild when an export
-- lists it again, and is not new in the feed: until that load it keeps what the feed has logged.
CREATE TEMP TABLE earlier ON COMMIT DROP AS
SELECT c.ticket_id, (
    SELECT coalesce(r.of, (SELECT max(b.of) FROM rebuilt_run AS b WHERE b.run_id < r.run_id))
    FROM tickets.ticket_changes AS s JOIN rebuilt_run AS r ON r.run_id = s.run_id
    WHERE s.feed = @shadow_text@ AND s.ticket_id = c.ticket_id AND s.kind = 'inserted'
) AS until
FROM tickets.ticket_changes AS c WHERE c.feed = @live_text@
    AND c.run_id < (SELECT min(r.of) FROM rebuilt_run AS r WHERE r.outcome = 'loaded')
GROUP BY 1;

-- From there on the log is rewritten as a whole, in its order, or not at all.
DELETE FROM tickets.ticket_changes AS c
WHERE c.feed = @live_text@ AND c.ticket_id NOT IN (SELECT k.ticket_id FROM kept AS k)
    AND c.run_id >= (SELECT min(r.of) FROM rebuilt_run AS r WHERE r.outcome = 'loaded')
    AND NOT EXISTS (SELECT FROM earlier AS e WHERE e.ticket_id = c.ticket_id AND c.run_id <= e.until)
    AND (EXISTS (SELECT FROM difference WHERE part = 'log') OR EXISTS (SELECT FROM numbered WHERE number <> of));

UPDATE tickets.ticket_changes AS c SET feed = @live_text@, run_id = n.number
FROM numbered AS n WHERE c.feed = @shadow_text@ AND n.run_id = c.run_id
    AND NOT (c.kind = 'inserted' AND c.ticket_id IN (SELECT e.ticket_id FROM earlier AS e))
    AND (EXISTS (SELECT FROM difference WHERE part = 'log') OR EXISTS (SELECT FROM numbered WHERE number <> of));

UPDATE tickets.ticket_changes AS c SET run_id = n.number
FROM numbered AS n WHERE c.feed = @live_text@ AND n.of = c.run_id AND n.number <> n.of;

-- A closure keeps its number, by which others may have read it.
DELETE FROM tickets.closure_events AS e WHERE e.feed = @live_text@
    AND e.ticket_id NOT IN (SELECT k.ticket_id FROM kept AS k)
    AND NOT EXISTS (SELECT FROM difference AS d WHERE d.part = 'closures' AND d.cause = 'before the archive'
        AND d.side = 'only live' AND d.ticket_id = e.ticket_id AND d.at = e.observed_at)
    AND NOT EXISTS (SELECT FROM tickets.closure_events AS s WHERE s.feed = @shadow_text@ AND s.ticket_id = e.ticket_id
        AND s.closed_at IS NOT DISTINCT FROM e.closed_at);

UPDATE tickets.closure_events AS e SET (observed_at, run_id, @closure_cells@) = (SELECT s.observed_at, n.number, @closure_cells(s)@)
FROM tickets.closure_events AS s LEFT JOIN numbered AS n ON n.run_id = s.run_id
WHERE e.feed = @live_text@ AND s.feed = @shadow_text@ AND s.ticket_id = e.ticket_id
    AND s.closed_at IS NOT DISTINCT FROM e.closed_at
    AND (e.observed_at, e.run_id, @closure_cells(e)@) IS DISTINCT FROM (s.observed_at, n.number, @closure_cells(s)@);

INSERT INTO tickets.closure_events (feed, ticket_id, closed_at, observed_at, run_id, @closure_cells@)
SELECT @live_text@, s.ticket_id, s.closed_at, s.observed_at, n.number, @closure_cells(s)@
FROM tickets.closure_events AS s LEFT JOIN numbered AS n ON n.run_id = s.run_id
WHERE s.feed = @shadow_text@ AND NOT EXISTS (SELECT FROM tickets.closure_events AS e WHERE e.feed = @live_text@
    AND e.ticket_id = s.ticket_id AND e.closed_at IS NOT DISTINCT FROM s.closed_at)
ORDER BY s.event_id;

-- What was said of a closure stays; of one that is new here, it is what the rebuild says.
DELETE FROM tickets.closure_teams AS a WHERE a.feed = @live_text@
    AND NOT EXISTS (SELECT FROM tickets.closure_events AS e WHERE e.event_id = a.event_id);

CREATE TEMP TABLE closure_number ON COMMIT DROP AS
SELECT s.event_id AS rebuilt, e.event_id AS number
FROM tickets.closure_events AS s JOIN tickets.closure_events AS e ON e.feed = @live_text@
    AND e.ticket_id = s.ticket_id AND e.closed_at IS NOT DISTINCT FROM s.closed_at
WHERE s.feed = @shadow_text@;

INSERT INTO tickets.closure_teams (event_id, feed, episode, closing_team, basis, working_team, stretch_minutes,
    handovers, teams, kind, reopened_at, reopened_run, corrected_from, stands)
SELECT c.number, @live_text@, a.episode, a.closing_team, a.basis, a.working_team, a.stretch_minutes, a.handovers,
    a.teams, a.kind, a.reopened_at, (SELECT n.number FROM numbered AS n WHERE n.run_id = a.reopened_run),
    (SELECT b.number FROM closure_number AS b WHERE b.rebuilt = a.corrected_from), a.stands
FROM tickets.closure_teams AS a JOIN closure_number AS c ON c.rebuilt = a.event_id
WHERE a.feed = @shadow_text@ ON CONFLICT DO NOTHING;

UPDATE tickets.closure_teams AS a SET reopened_run = n.number
FROM numbered AS n WHERE a.feed = @live_text@ AND n.of = a.reopened_run AND n.number <> n.of;

-- Days before the first one that could be counted again stay.
DELETE FROM @live_days@ AS l WHERE l.snapshot_date >= (SELECT min(snapshot_date) FROM @shadow_days@)
    AND EXISTS (SELECT FROM difference AS d WHERE d.part IN ('flows', 'backlog')
        AND d.key = format('%s %s', l.snapshot_date, l.cluster));

INSERT INTO @live_days@ (snapshot_date, cluster, open_total, open_actionable, open_overdue, observed_created,
    observed_closed, observed_reopened, captured_at)
SELECT s.snapshot_date, s.cluster, s.open_total, s.open_actionable, s.open_overdue, s.observed_created,
    s.observed_closed, s.observed_reopened, s.captured_at
FROM @shadow_days@ AS s WHERE EXISTS (SELECT FROM difference AS d WHERE d.part IN ('flows', 'backlog')
    AND d.key = format('%s %s', s.snapshot_date, s.cluster))
ON CONFLICT DO NOTHING;

-- Rejects keep their numbers and how they were resolved.
UPDATE tickets.rejects SET resolved_at = now(), resolved_by = 'replay', resolution = 'replayed, read by a rebuild'
WHERE feed = @live_text@ AND resolved_at IS NULL AND run_id IN (SELECT n.of FROM numbered AS n WHERE n.of IS NOT NULL)
    AND NOT EXISTS (SELECT FROM tickets.rejects AS s
        WHERE (s.feed, s.digest, s.reason) = (@shadow_text@, rejects.digest, rejects.reason));

UPDATE tickets.rejects AS j SET run_id = n.number FROM numbered AS n
WHERE j.feed = @live_text@ AND n.of = j.run_id AND n.number <> n.of;

UPDATE tickets.rejects AS j SET feed = @live_text@, run_id = n.number, header_id = coalesce((
        SELECT l.header_id FROM tickets.reject_headers AS h JOIN tickets.reject_headers AS l ON l.digest = h.digest
        WHERE h.header_id = j.header_id AND l.feed = @live_text@), j.header_id)
FROM numbered AS n WHERE j.feed = @shadow_text@ AND n.run_id = j.run_id AND n.outcome = 'loaded' AND NOT EXISTS (
    SELECT FROM tickets.rejects AS l WHERE (l.feed, l.digest, l.reason) = (@live_text@, j.digest, j.reason));

UPDATE tickets.reject_headers AS h SET feed = @live_text@ WHERE h.feed = @shadow_text@
    AND EXISTS (SELECT FROM tickets.rejects AS j WHERE j.feed = @live_text@ AND j.header_id = h.header_id);

UPDATE tickets.captures AS l SET first_at = least(l.first_at, s.first_at)
FROM tickets.captures AS s WHERE l.feed = @live_text@ AND s.feed = @shadow_text@;

INSERT INTO tickets.captured_runs (run_id, feed)
SELECT n.number, @live_text@ FROM tickets.captured_runs AS c JOIN numbered AS n ON n.run_id = c.run_id
WHERE c.feed = @shadow_text@ AND n.number = n.of ON CONFLICT DO NOTHING;

UPDATE tickets.captured_runs AS c SET feed = @live_text@ FROM numbered AS n
WHERE c.feed = @shadow_text@ AND n.run_id = c.run_id AND n.number = n.run_id;

DELETE FROM tickets.captured_runs AS c USING numbered AS n
WHERE c.feed = @live_text@ AND n.of = c.run_id AND n.number <> n.of;

UPDATE tickets.exports AS e SET run_id = n.number, sha256 = coalesce(e.sha256, r.source_sha256),
    state = CASE WHEN n.of IS NOT NULL THEN e.state WHEN e.archived_key IS NULL THEN 'loaded' ELSE 'archived' END
FROM numbered AS n JOIN tickets.import_runs AS r ON r.run_id = n.run_id
WHERE e.feed = @live_text@ AND n.outcome = 'loaded' AND (e.run_id = n.of AND n.number <> n.of OR n.of IS NULL
    AND (e.key, e.etag, e.last_modified) = (r.source_key, r.source_etag, r.source_last_modified));

-- A load stays as it was run; what it did is what the rebuild did. `counts.rebuilt` tells it from others.
UPDATE tickets.import_runs AS l SET counts = l.counts || (s.counts - '{archived,warnings}'::text[]), rules = s.rules,
    version = s.version, outcome = s.outcome, error = coalesce(s.error, l.error)
FROM numbered AS n JOIN tickets.import_runs AS s ON s.run_id = n.run_id
WHERE l.run_id = n.of AND n.number = n.of;

UPDATE tickets.import_runs AS s SET feed = @live_text@, started_at = l.started_at, finished_at = l.finished_at,
    host = l.host, timings = l.timings, counts = l.counts || (s.counts - '{archived,warnings}'::text[])
FROM numbered AS n JOIN tickets.import_runs AS l ON l.run_id = n.of
WHERE s.run_id = n.run_id AND n.number <> n.of;

UPDATE tickets.import_runs AS s SET feed = @live_text@ FROM numbered AS n
WHERE s.run_id = n.run_id AND s.feed = @shadow_text@ AND n.number = n.run_id AND n.outcome = 'loaded';

DELETE FROM tickets.import_runs AS l USING numbered AS n WHERE l.run_id = n.of AND n.number <> n.of;

-- Which object was looked at last stays, if its bytes are those that were replayed last.
UPDATE tickets.import_meta AS l SET metadata = l.metadata
    - CASE WHEN EXISTS (SELECT FROM difference AS d WHERE d.cause = 'pruned') THEN 'pruned_run' ELSE '' END || (s.metadata - '{window,loaded_at,checked_at}'::text[])
    || CASE WHEN l.metadata -> 'source_sha256' = s.metadata -> 'source_sha256' THEN (
        SELECT coalesce(jsonb_object_agg(k.key, k.value), '{}') FROM jsonb_each(l.metadata) AS k
        WHERE k.key IN ('source_key', 'source_etag', 'source_size', 'source_mark', 'source_last_modified')
    ) ELSE '{}' END || jsonb_build_object('run_id', n.number)
FROM tickets.import_meta AS s JOIN numbered AS n ON n.run_id = (s.metadata ->> 'run_id')::bigint
WHERE l.feed = @live_text@ AND s.feed = @shadow_text@;
