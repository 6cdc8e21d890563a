-- Units that can be sent to tickets, their latest positions, and what a dispatcher decides.

CREATE TABLE tickets.units (
    unit text PRIMARY KEY CHECK (unit = btrim(unit) AND length(unit) BETWEEN 1 AND 100),
    team text,
    kind text CHECK (kind IN ('van', 'bike', 'foot', 'team')),
    skills text[] NOT NULL DEFAULT '{}', -- empty: all
    home_latitude double precision CHECK (home_latitude BETWEEN -90 AND 90),
    home_longitude double precision CHECK (home_longitude BETWEEN -180 AND 180),
    home @postgis@.geography(Point, 4326) GENERATED ALWAYS AS (
        @postgis@.st_setsrid(@postgis@.st_makepoint(home_longitude, home_latitude), 4326)::@postgis@.geography) STORED,
    on_duty boolean NOT NULL DEFAULT true,
    shift_begin timestamptz,
    shift_end timestamptz,
    max_tickets integer CHECK (max_tickets > 0), -- null: no limit
    note text,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((home_latitude IS NULL) = (home_longitude IS NULL)),
    CHECK (shift_end > shift_begin)
);

-- The latest position only: where employees were before is nobody's business. tickets.take_positions() writes it.
CREATE TABLE tickets.unit_positions (
    unit text PRIMARY KEY REFERENCES tickets.units ON UPDATE CASCADE ON DELETE CASCADE,
    latitude double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
    geog @postgis@.geography(Point, 4326) GENERATED ALWAYS AS (
        @postgis@.st_setsrid(@postgis@.st_makepoint(longitude, latitude), 4326)::@postgis@.geography) STORED,
    at timestamptz NOT NULL CHECK (isfinite(at)),
    accuracy_m real CHECK (accuracy_m >= 0 AND accuracy_m < 'infinity'),
    source text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    CHECK (latitude <> 0 OR longitude <> 0) -- what trackers say that do not know
);

-- `pin`: this unit takes this ticket; `not`: it does not; `off`: a unit takes none, or nobody takes a ticket.
CREATE TABLE tickets.dispatch_holds (
    hold_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    feed text,
    ticket_id text,
    unit text REFERENCES tickets.units ON UPDATE CASCADE ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('pin', 'not', 'off')),
    until timestamptz NOT NULL,
    by text NOT NULL,
    why text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    CHECK (until > made_at),
    CHECK ((feed IS NULL) = (ticket_id IS NULL)),
    CHECK (CASE kind WHEN 'off' THEN num_nonnulls(ticket_id, unit) = 1 ELSE num_nonnulls(ticket_id, unit) = 2 END)
);
CREATE INDEX dispatch_holds_until ON tickets.dispatch_holds (until);

CREATE TABLE tickets.dispatch_plans (
    plan_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    feed text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    inputs_digest text NOT NULL,
    plan json NOT NULL
);

-- South, west, north, east of the country that a feed declares; `migrate` fills it. Null: none.
ALTER TABLE tickets.feed_schemas ADD COLUMN country double precision[] CHECK (cardinality(country) = 4);

-- Whether a point is in no country of any feed: latitude and longitude are exchanged, or a tracker errs.
CREATE FUNCTION tickets.is_outside(p_latitude double precision, p_longitude double precision) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(NOT bool_or(
        p_latitude BETWEEN country[1] AND country[3] AND p_longitude BETWEEN country[2] AND country[4]
    ), false)
    FROM tickets.feed_schemas WHERE country IS NOT NULL
$$;

REVOKE ALL ON FUNCTION tickets.is_outside(double precision, double precision) FROM PUBLIC;
