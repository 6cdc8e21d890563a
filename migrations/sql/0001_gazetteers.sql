-- Places of clusters and locations; filled by geocoding and by hand.

CREATE TABLE tickets.geo_clusters (
    cluster text PRIMARY KEY,
    query text,
    geom @postgis@.geometry(Point, 4326),
    latitude double precision GENERATED ALWAYS AS (@postgis@.st_y(geom)) STORED,
    longitude double precision GENERATED ALWAYS AS (@postgis@.st_x(geom)) STORED,
    status text NOT NULL CHECK (status IN ('ok', 'not_found', 'rejected', 'manual')),
    precision text,
    provider text,
    display_name text,
    attempts integer NOT NULL DEFAULT 0,
    fetched_at timestamptz,
    expires_at timestamptz,
    next_try_at timestamptz,
    note text
);

CREATE TABLE tickets.geo_locations (
    cluster text NOT NULL DEFAULT '',
    location_key text NOT NULL,
    query text,
    geom @postgis@.geometry(Point, 4326),
    latitude double precision GENERATED ALWAYS AS (@postgis@.st_y(geom)) STORED,
    longitude double precision GENERATED ALWAYS AS (@postgis@.st_x(geom)) STORED,
    status text NOT NULL CHECK (status IN ('ok', 'not_found', 'rejected', 'manual')),
    precision text,
    provider text,
    display_name text,
    attempts integer NOT NULL DEFAULT 0,
    fetched_at timestamptz,
    expires_at timestamptz,
    next_try_at timestamptz,
    note text,
    PRIMARY KEY (cluster, location_key)
);
