-- A database as the earlier program left it, with 1,000 tickets: what adoption is tried on.

CREATE EXTENSION postgis SCHEMA public;
CREATE SCHEMA tickets;
CREATE SCHEMA reporting;

CREATE FUNCTION tickets.eat_ts(value text) RETURNS timestamptz LANGUAGE sql IMMUTABLE
AS $$ SELECT CASE WHEN value ~ '^\d{4}-\d\d-\d\d' THEN value::timestamp AT TIME ZONE 'Africa/Nairobi' END $$;

-- Gazetteers

CREATE TABLE tickets.geo_clusters (
    cluster text PRIMARY KEY,
    lat double precision,
    lng double precision,
    geom public.geometry(Point, 4326),
    display_name text,
    geocoded_at timestamptz DEFAULT now()
);
CREATE TABLE tickets.geo_locations (
    cluster text NOT NULL DEFAULT '',
    location_name text NOT NULL,
    query text,
    lat double precision,
    lng double precision,
    geom public.geometry(Point, 4326),
    display_name text,
    geocoded_at timestamptz DEFAULT now(),
    PRIMARY KEY (cluster, location_name)
);

-- Tickets

CREATE TABLE tickets.inc (
    ticket_id text PRIMARY KEY,
    raw jsonb NOT NULL,
    normalized_status text GENERATED ALWAYS AS (raw ->> 'normalized_status') STORED,
    raw_status text GENERATED ALWAYS AS (raw ->> 'raw_status') STORED,
    bucket text GENERATED ALWAYS AS (raw ->> 'bucket') STORED,
    is_actionable boolean GENERATED ALWAYS AS ((raw ->> 'is_actionable')::boolean) STORED,
    cluster text GENERATED ALWAYS AS (raw ->> 'cluster') STORED,
    region text GENERATED ALWAYS AS (raw ->> 'region') STORED,
    location_name text GENERATED ALWAYS AS (raw ->> 'location_name') STORED,
    assigned_team text GENERATED ALWAYS AS (raw ->> 'assigned_team') STORED,
    owner text GENERATED ALWAYS AS (raw ->> 'owner') STORED,
    sla_status text GENERATED ALWAYS AS (raw ->> 'sla_status') STORED,
    mttr integer GENERATED ALWAYS AS (round(nullif(raw ->> 'mttr', '')::numeric)::integer) STORED,
    created_at_service timestamptz GENERATED ALWAYS AS (tickets.eat_ts(raw ->> 'created_at_service')) STORED,
    scheduled_at timestamptz GENERATED ALWAYS AS (tickets.eat_ts(raw ->> 'scheduled_at')) STORED,
    closed_at timestamptz GENERATED ALWAYS AS (tickets.eat_ts(raw ->> 'closed_at')) STORED,
    first_seen_at timestamptz GENERATED ALWAYS AS (tickets.eat_ts(raw ->> 'first_seen_at')) STORED,
    last_seen_at timestamptz GENERATED ALWAYS AS (tickets.eat_ts(raw ->> 'last_seen_at')) STORED,
    source_created_at timestamptz GENERATED ALWAYS AS (tickets.eat_ts(raw ->> 'source_created_at')) STORED,
    source_updated_at timestamptz GENERATED ALWAYS AS (tickets.eat_ts(raw ->> 'source_updated_at')) STORED,
    geom public.geometry(Point, 4326),
    geo_source text,
    latitude double precision
        GENERATED ALWAYS AS (coalesce((raw ->> 'latitude')::double precision, public.st_y(geom))) STORED,
    longitude double precision
        GENERATED ALWAYS AS (coalesce((raw ->> 'longitude')::double precision, public.st_x(geom))) STORED,
    geog public.geography(Point, 4326) GENERATED ALWAYS AS (geom::public.geography) STORED,
    ingested_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX inc_geog_gix ON tickets.inc USING gist (geog);
CREATE INDEX inc_of_a_team ON tickets.inc (assigned_team);
CREATE TABLE tickets.crq (
    ticket_id text PRIMARY KEY,
    raw jsonb NOT NULL,
    geom public.geometry(Point, 4326),
    geo_source text,
    ingested_at timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION tickets.resolve_geom() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT place.geom, 'location' INTO NEW.geom, NEW.geo_source FROM tickets.geo_locations AS place
    WHERE place.cluster = coalesce(NEW.raw ->> 'cluster', '') AND place.location_name = NEW.raw ->> 'location_name';
    IF NEW.geom IS NULL THEN
        SELECT place.geom, 'cluster' INTO NEW.geom, NEW.geo_source FROM tickets.geo_clusters AS place
        WHERE place.cluster = NEW.raw ->> 'cluster';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER inc_resolve_geom BEFORE INSERT OR UPDATE ON tickets.inc
    FOR EACH ROW EXECUTE FUNCTION tickets.resolve_geom();
CREATE TRIGGER crq_resolve_geom BEFORE INSERT OR UPDATE ON tickets.crq
    FOR EACH ROW EXECUTE FUNCTION tickets.resolve_geom();

-- Ledger, history, reading

CREATE TABLE tickets.import_meta (
    id serial PRIMARY KEY,
    source text NOT NULL UNIQUE,
    metadata jsonb NOT NULL DEFAULT '{}',
    imported_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE tickets.closure_events (
    id bigserial PRIMARY KEY,
    ticket_id text NOT NULL,
    closed_at timestamptz,
    cluster text,
    assigned_team text,
    mttr integer,
    observed_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (ticket_id, closed_at)
);
CREATE TABLE tickets.inc_daily_snapshot (
    snapshot_date date NOT NULL,
    cluster text NOT NULL,
    open_count integer,
    actionable_count integer,
    created_count integer,
    closed_count integer,
    captured_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (snapshot_date, cluster)
);
CREATE VIEW tickets.inc_open_sla AS
    SELECT ticket_id, cluster, assigned_team, normalized_status, coalesce(created_at_service, first_seen_at) AS opened_at,
        now() - coalesce(created_at_service, first_seen_at) AS age
    FROM tickets.inc WHERE closed_at IS NULL;
CREATE FUNCTION tickets.capture_history() RETURNS void LANGUAGE sql AS $$
    INSERT INTO tickets.closure_events (ticket_id, closed_at, cluster, assigned_team, mttr)
    SELECT ticket_id, closed_at, cluster, assigned_team, mttr FROM tickets.inc WHERE closed_at IS NOT NULL
    ON CONFLICT DO NOTHING;
    INSERT INTO tickets.inc_daily_snapshot
        (snapshot_date, cluster, open_count, actionable_count, created_count, closed_count)
    SELECT (now() AT TIME ZONE 'Africa/Nairobi')::date, coalesce(cluster, '(none)'),
        count(*) FILTER (WHERE closed_at IS NULL), count(*) FILTER (WHERE closed_at IS NULL AND is_actionable), 0, 0
    FROM tickets.inc GROUP BY 2
    ON CONFLICT (snapshot_date, cluster) DO UPDATE SET open_count = excluded.open_count, captured_at = now();
$$;
CREATE FUNCTION reporting.fn_tickets_for_map(wanted text DEFAULT NULL) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('type', 'FeatureCollection', 'features', coalesce(jsonb_agg(jsonb_build_object(
        'type', 'Feature', 'geometry', public.st_asgeojson(geom)::jsonb,
        'properties', jsonb_build_object('ticket_id', ticket_id))), '[]'))
    FROM tickets.inc WHERE geom IS NOT NULL AND (wanted IS NULL OR cluster = wanted);
$$;
CREATE FUNCTION reporting.fn_inc_dashboard(
    of_cluster text DEFAULT NULL, of_status text DEFAULT NULL, of_window text DEFAULT '7d',
    since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL
) RETURNS jsonb LANGUAGE sql STABLE AS $$ SELECT jsonb_build_object('open', reporting.fn_tickets_for_map(of_cluster)) $$;

-- Readers: one that was named, and one that came in by what everybody may (EXECUTE is PUBLIC's by default)

GRANT USAGE ON SCHEMA tickets, reporting TO dashboard_api;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA reporting TO dashboard_api;
GRANT SELECT ON tickets.inc_open_sla TO dashboard_api;
GRANT SELECT (ticket_id, raw) ON tickets.inc TO dashboard_api;
GRANT USAGE ON SCHEMA reporting TO map_page;

CREATE TABLE public.schema_migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now());
INSERT INTO public.schema_migrations (name) VALUES
    ('01_tickets_schema'), ('02_import_meta'), ('03_inc_columns'), ('04_inc_latlng'), ('05_inc_geography'),
    ('06_inc_mttr_minutes'), ('07_inc_drop_service_type'), ('08_inc_open_sla_view'), ('09_inc_dashboard_fn'),
    ('10_inc_history_capture');

-- Rows

INSERT INTO tickets.import_meta (source, metadata, imported_at) VALUES
    ('inc', '{"source_etag": "5f3c0d1b", "source_key": "automations/inc/export001.csv", "rows": 1000}',
     '2026-11-20 05:00+00');
INSERT INTO tickets.geo_clusters (cluster, lat, lng, geom, display_name) VALUES
    ('Kilimani', -1.2921, 36.7856, public.st_setsrid(public.st_makepoint(36.7856, -1.2921), 4326), 'Kilimani, Nairobi'),
    ('QOA', -1.2702, 36.7741, NULL, 'Quarry Road'),
    ('Atlantis', NULL, NULL, NULL, NULL);
UPDATE tickets.geo_clusters SET geom = public.st_setsrid(public.st_makepoint(lng, lat), 4326) WHERE geom IS NULL;
INSERT INTO tickets.geo_locations (cluster, location_name, query, lat, lng, geom)
    SELECT 'Kilimani', 'Moi Avenue  ' || i || E', Kilimani\u200b', 'Moi Avenue', -1.28 - i / 1000.0, 36.82,
        public.st_setsrid(public.st_makepoint(36.82, -1.28 - i / 1000.0), 4326)
    FROM generate_series(1, 20) AS i;
INSERT INTO tickets.inc (ticket_id, raw, ingested_at)
    SELECT 'INC' || i, jsonb_strip_nulls(jsonb_build_object(
        'ticket_id', 'INC' || i,
        'raw_status', CASE WHEN i % 3 = 0 THEN 'CLOSED' ELSE 'OPEN' END,
        'normalized_status', CASE WHEN i % 3 = 0 THEN 'closed' ELSE 'open' END,
        'cluster', CASE WHEN i % 2 = 0 THEN 'Kilimani' WHEN i < 999 THEN 'QOA' END,
        'region', 'nairobi west', 'is_actionable', 'true', 'assigned_team', 'Field ' || i % 7,
        'location_name', CASE WHEN i % 4 = 0 THEN 'Moi Avenue  ' || i % 20 + 1 || E', Kilimani\u200b' END,
        'mttr', CASE WHEN i % 3 = 0 THEN '90' END, 'service_type', 'FTTH', 'is_alarm', 'false',
        'created_at_service', '2026-11-0' || i % 9 + 1 || ' 08:00:00',
        'closed_at', CASE WHEN i % 3 = 0 THEN '2026-11-1' || i % 9 || ' 09:30:00' END,
        'source_updated_at', '2026-11-18 10:00:00')), '2026-11-19 07:00+00'
    FROM generate_series(1, 1000) AS i;
SELECT tickets.capture_history();
-- What a UNIQUE lets through that takes nulls for different: the same closing of unknown time, twice.
INSERT INTO tickets.closure_events (ticket_id, closed_at, cluster, observed_at) VALUES
    ('INC3', NULL, 'Kilimani', '2026-11-11 00:00+00'), ('INC3', NULL, 'Kilimani', '2026-11-12 00:00+00');
INSERT INTO tickets.inc_daily_snapshot (snapshot_date, cluster, open_count, actionable_count, created_count, closed_count)
    SELECT date '2026-11-19' - day, name, 100 + day, 90 + day, CASE WHEN day = 1 THEN 4 ELSE 0 END, 0
    FROM generate_series(0, 9) AS day, unnest(ARRAY['Kilimani', 'QOA', '(none)']) AS name;
