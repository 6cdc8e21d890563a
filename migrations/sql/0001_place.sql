-- The best place known of a ticket, for any writer: the feed's coordinates where they lie inside the country, else the
-- location's, else the cluster's. Arguments: the keys in `raw` of latitude, longitude and cluster ('' for none), and the
-- country's south, west, north, east. Generated columns are still null here, so it reads `raw` and `location_key`.
CREATE FUNCTION tickets.resolve_place() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    latitude double precision;
    longitude double precision;
BEGIN
    NEW.geom := NULL;
    NEW.geo_source := NULL;
    NEW.geo_precision := NULL;
    IF TG_ARGV[0] <> '' AND NEW.raw ? TG_ARGV[0] AND NEW.raw ? TG_ARGV[1] THEN
        latitude := tickets.degrees(NEW.raw ->> TG_ARGV[0]);
        longitude := tickets.degrees(NEW.raw ->> TG_ARGV[1]);
        IF latitude BETWEEN TG_ARGV[3]::double precision AND TG_ARGV[5]::double precision
            AND longitude BETWEEN TG_ARGV[4]::double precision AND TG_ARGV[6]::double precision
        THEN
            NEW.geom := @postgis@.st_setsrid(@postgis@.st_makepoint(longitude, latitude), 4326);
            NEW.geo_source := 'feed';
            NEW.geo_precision := 'feed';
            RETURN NEW;
        END IF;
    END IF;
    IF NEW.location_key IS NOT NULL THEN
        SELECT place.geom, 'location', place.precision INTO NEW.geom, NEW.geo_source, NEW.geo_precision
        FROM tickets.geo_locations AS place
        WHERE place.cluster = coalesce(NEW.raw ->> TG_ARGV[2], '') AND place.location_key = NEW.location_key
            AND place.geom IS NOT NULL AND place.status IN ('ok', 'manual');
    END IF;
    IF NEW.geom IS NULL THEN
        SELECT place.geom, 'cluster', 'cluster' INTO NEW.geom, NEW.geo_source, NEW.geo_precision
        FROM tickets.geo_clusters AS place
        WHERE place.cluster = NEW.raw ->> TG_ARGV[2] AND place.geom IS NOT NULL AND place.status IN ('ok', 'manual');
    END IF;
    RETURN NEW;
END $$;
