-- The best known place of a ticket: the feed's coordinates if they are inside the country, else the location's, else
-- the cluster's. It is plain SQL that PostgreSQL inlines into the calling query, so that a load resolves a block of
-- tickets in one join. `latitude`, `longitude` and `cluster` are their keys in `raw` ('' for none); the bounds are the
-- country's.
CREATE FUNCTION tickets.place_of(
    raw jsonb, location_key text, latitude text, longitude text, cluster text,
    south double precision, west double precision, north double precision, east double precision
) RETURNS TABLE (geom @postgis@.geometry, geo_source text, geo_precision text)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT
        CASE WHEN own.inside THEN @postgis@.st_setsrid(@postgis@.st_makepoint(own.x, own.y), 4326)
            WHEN spot.geom IS NOT NULL THEN spot.geom ELSE area.geom END,
        CASE WHEN own.inside THEN 'feed' WHEN spot.geom IS NOT NULL THEN 'location'
            WHEN area.geom IS NOT NULL THEN 'cluster' END,
        CASE WHEN own.inside THEN 'feed' WHEN spot.geom IS NOT NULL THEN spot.precision
            WHEN area.geom IS NOT NULL THEN 'cluster' END
    FROM (
        SELECT x, y, y BETWEEN $6 AND $8 AND x BETWEEN $7 AND $9 AS inside
        FROM (SELECT tickets.degrees($1 ->> $3) AS y, tickets.degrees($1 ->> $4) AS x) AS given
    ) AS own
    LEFT JOIN tickets.geo_locations AS spot
        ON spot.cluster = coalesce($1 ->> $5, '') AND spot.location_key = $2
        AND spot.geom IS NOT NULL AND spot.status IN ('ok', 'manual')
    LEFT JOIN tickets.geo_clusters AS area
        ON area.cluster = $1 ->> $5 AND area.geom IS NOT NULL AND area.status IN ('ok', 'manual')
$$;

-- Resolves the place for any writer; its arguments are the last seven of place_of(). A load resolves whole blocks and
-- disables this trigger's lookup by a setting: row by row takes a quarter of its time.
CREATE FUNCTION tickets.resolve_place() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('fleetfeed.placed', true) = 'yes' THEN
        RETURN NEW;
    END IF;
    -- Generated columns are still null here, so it reads `raw` and `location_key`.
    SELECT place.* INTO NEW.geom, NEW.geo_source, NEW.geo_precision
    FROM tickets.place_of(NEW.raw, NEW.location_key, TG_ARGV[0], TG_ARGV[1], TG_ARGV[2], TG_ARGV[3]::double precision,
        TG_ARGV[4]::double precision, TG_ARGV[5]::double precision, TG_ARGV[6]::double precision) AS place;
    RETURN NEW;
END $$;
