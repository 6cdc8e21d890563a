-- Take the fixes of units, a list of {unit, latitude, longitude, at, accuracy_m}; return what became of each, by its
-- place in the list. The only way in: here is decided that a fix from the future would freeze a unit's marker, that one
-- that is not newer than the known position says nothing, and that a tracker without a fix says 0, 0.
CREATE OR REPLACE FUNCTION tickets.take_positions(p_fixes jsonb, p_source text) RETURNS TABLE (place bigint, outcome text)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' AS $$
    WITH fix AS MATERIALIZED (
        SELECT g.*, CASE
            WHEN u.unit IS NULL THEN 'unknown unit'
            WHEN g.at > now() + interval '2 minutes' THEN 'future'
            WHEN g.latitude NOT BETWEEN -90 AND 90 OR g.longitude NOT BETWEEN -180 AND 180
                OR g.latitude = 0 AND g.longitude = 0 OR tickets.is_outside(g.latitude, g.longitude) THEN 'outside'
        END AS refused
        FROM ROWS FROM (jsonb_to_recordset(p_fixes) AS (
            unit text, latitude double precision, longitude double precision, at timestamptz, accuracy_m real
        )) WITH ORDINALITY AS g (unit, latitude, longitude, at, accuracy_m, place)
        LEFT JOIN tickets.units AS u ON u.unit = g.unit
    ), newest AS MATERIALIZED (
        SELECT DISTINCT ON (f.unit) f.* FROM fix AS f WHERE f.refused IS NULL ORDER BY f.unit, f.at DESC, f.place
    ), taken AS (
        INSERT INTO tickets.unit_positions AS p (unit, latitude, longitude, at, accuracy_m, source)
        SELECT n.unit, n.latitude, n.longitude, n.at, n.accuracy_m, p_source FROM newest AS n ORDER BY n.unit
        ON CONFLICT (unit) DO UPDATE SET latitude = excluded.latitude, longitude = excluded.longitude,
            at = excluded.at, accuracy_m = excluded.accuracy_m, source = excluded.source, received_at = now()
        WHERE excluded.at > p.at
        RETURNING p.unit
    )
    SELECT f.place, coalesce(f.refused, CASE WHEN t.unit IS NULL THEN 'older' ELSE 'taken' END)
    FROM fix AS f LEFT JOIN newest AS n ON n.place = f.place LEFT JOIN taken AS t ON t.unit = n.unit
    ORDER BY f.place
$$;

-- Where each unit is: at its latest position, else at its home, else nowhere. Outside of its shift it is off duty.
CREATE OR REPLACE VIEW tickets.unit_places AS
SELECT u.unit, u.team, u.kind, u.skills,
    u.on_duty AND coalesce(now() >= u.shift_begin, true) AND coalesce(now() < u.shift_end, true) AS on_duty,
    u.max_tickets, u.note, u.home_latitude, u.home_longitude,
    CASE WHEN p.unit IS NOT NULL THEN 'position' WHEN u.home IS NOT NULL THEN 'home' END AS basis,
    coalesce(p.latitude, u.home_latitude) AS latitude,
    coalesce(p.longitude, u.home_longitude) AS longitude,
    coalesce(p.geog, u.home) AS geog,
    p.at, CASE WHEN p.at > now() THEN 0 ELSE floor(date_part('epoch', now() - p.at)) END::bigint AS age_seconds,
    p.accuracy_m, p.source, p.received_at
FROM tickets.units AS u LEFT JOIN tickets.unit_positions AS p ON p.unit = u.unit;
