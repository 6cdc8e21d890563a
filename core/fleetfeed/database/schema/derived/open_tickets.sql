SELECT open.*, age.age_minutes, coalesce(own.minutes, usual.minutes) AS target_minutes, part.elapsed_pct,
    CASE
        WHEN part.elapsed_pct <= 50 THEN 'ok' WHEN part.elapsed_pct <= 75 THEN 'warn'
        WHEN part.elapsed_pct <= 100 THEN 'urgent' WHEN part.elapsed_pct > 100 THEN 'overdue' ELSE 'unknown'
    END AS sla_state,
    'open_age_24x7' AS sla_basis
FROM (
    SELECT @shown@,
        @opened@ AS age_since,
        @age_from@ AS age_from,
        geom, geo_source, geo_precision, latitude, longitude
    FROM @source@
    WHERE @open@
) AS open
LEFT JOIN tickets.sla_targets AS own ON own.feed = @feed_text@ AND own.kind = @bucket@
LEFT JOIN tickets.sla_targets AS usual ON usual.feed = @feed_text@ AND usual.kind = 'default'
-- OFFSET 0 makes each of these computed once, not at each use.
CROSS JOIN LATERAL (SELECT @age_then@ AS age_minutes OFFSET 0) AS age
CROSS JOIN LATERAL (
    SELECT 100 * age.age_minutes::double precision / coalesce(own.minutes, usual.minutes) AS elapsed_pct OFFSET 0
) AS part
