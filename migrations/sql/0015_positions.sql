-- Writes and reads positions of units.

-- Take the fixes of units, a list of {unit, latitude, longitude, at, accuracy_m}; return what became of each, by its
-- place in the list. The only way in: here is decided that a fix from the future would freeze a unit's marker, and that
-- one that is not newer than the known position says nothing.
CREATE FUNCTION tickets.take_positions(p_fixes jsonb, p_source text) RETURNS TABLE (place bigint, outcome text)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' AS $$
    WITH fix AS MATERIALIZED (
        SELECT g.*, CASE
            WHEN u.unit IS NULL THEN 'unknown unit'
            WHEN g.at > now() + interval '2 minutes' THEN 'future'
            WHEN tickets.is_outside(g.latitude, g.longitude) THEN 'outside'
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

-- Where each unit is: at its latest position, else at its home, else nowhere.
CREATE VIEW tickets.unit_places AS
SELECT u.unit, u.team, u.kind, u.skills, u.on_duty, u.max_tickets, u.note, u.home_latitude, u.home_longitude,
    CASE WHEN p.unit IS NOT NULL THEN 'position' WHEN u.home IS NOT NULL THEN 'home' END AS basis,
    coalesce(p.latitude, u.home_latitude) AS latitude,
    coalesce(p.longitude, u.home_longitude) AS longitude,
    coalesce(p.geog, u.home) AS geog,
    p.at, CASE WHEN p.at > now() THEN 0 ELSE floor(date_part('epoch', now() - p.at)) END::bigint AS age_seconds,
    p.accuracy_m, p.source, p.received_at
FROM tickets.units AS u LEFT JOIN tickets.unit_positions AS p ON p.unit = u.unit;

-- Check the arguments of functions that look for what is nearest; the second one may be a unit's or a ticket's.
CREATE FUNCTION tickets.check_nearest(p_lat double precision, p_lon double precision, p_limit integer) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (p_lat BETWEEN -90 AND 90 AND p_lon BETWEEN -180 AND 180) IS NOT TRUE THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'p_lat and p_lon are no point',
            HINT = 'Pass decimal degrees, such as -1.2921 and 36.7856: latitude first.';
    ELSIF (p_limit BETWEEN 1 AND 50) IS NOT TRUE THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'p_limit is not from 1 to 50', HINT = 'Pass 1 to 50.';
    END IF;
END $$;

-- The units on duty that are nearest to a point, as JSON; distances are straight lines on the sphere.
CREATE FUNCTION tickets.units_near(p_lat double precision, p_lon double precision, p_limit integer) RETURNS json
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH near AS (
        SELECT u.unit, round(@postgis@.st_distance(
            u.geog, @postgis@.st_setsrid(@postgis@.st_makepoint(p_lon, p_lat), 4326)::@postgis@.geography, false
        ))::bigint AS distance_m
        FROM tickets.unit_places AS u WHERE u.on_duty AND u.geog IS NOT NULL
        ORDER BY 2, u.unit LIMIT p_limit
    )
    SELECT coalesce(json_agg(
        to_jsonb(u) - 'geog' || jsonb_build_object('distance_m', n.distance_m) ORDER BY n.distance_m, u.unit
    ), '[]')
    FROM near AS n JOIN tickets.unit_places AS u ON u.unit = n.unit
$$;

-- All units, where they are, and how old that is.
CREATE FUNCTION reporting.fn_units() RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET TimeZone = 'UTC' AS $$
    SELECT json_build_object(
        'schema_version', 1,
        'generated_at', now(),
        'units', coalesce((SELECT json_agg(to_jsonb(u) - 'geog' ORDER BY u.unit) FROM tickets.unit_places AS u), '[]')
    )
$$;

-- Where one unit is. Raises 22023 for one that is not known, or is nowhere.
CREATE FUNCTION reporting.fn_unit_place(
    p_unit text, OUT latitude double precision, OUT longitude double precision
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    shown text := left(p_unit, 100);
BEGIN
    SELECT u.latitude, u.longitude INTO latitude, longitude FROM tickets.unit_places AS u WHERE u.unit = p_unit;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = format('there is no unit %L', shown),
            HINT = '`fleetfeed units list` shows all; `fleetfeed units import` adds one.';
    ELSIF latitude IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = format('unit %L has neither a position nor a home', shown),
            HINT = 'Give it a home with `fleetfeed units import`, or wait for its position.';
    END IF;
END $$;

REVOKE ALL ON FUNCTION tickets.take_positions(jsonb, text),
    tickets.check_nearest(double precision, double precision, integer),
    tickets.units_near(double precision, double precision, integer),
    reporting.fn_units(), reporting.fn_unit_place(text) FROM PUBLIC;
