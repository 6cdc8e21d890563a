-- The ledger of fleetfeed's own work.

CREATE TABLE tickets.import_meta (
    feed text PRIMARY KEY,
    metadata jsonb NOT NULL DEFAULT '{}',
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE tickets.import_runs (
    run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    feed text NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    outcome text NOT NULL CHECK (outcome IN ('loaded', 'unchanged', 'empty', 'busy', 'refused', 'failed')),
    source_key text,
    source_etag text,
    counts jsonb NOT NULL DEFAULT '{}',
    timings jsonb NOT NULL DEFAULT '{}',
    error text,
    host text NOT NULL,
    version text NOT NULL
);
CREATE INDEX import_runs_feed_started ON tickets.import_runs (feed, started_at DESC);

-- Every object ever listed. A key that is overwritten is a new export each time.
CREATE TABLE tickets.exports (
    feed text NOT NULL,
    key text NOT NULL,
    etag text NOT NULL,
    size bigint NOT NULL,
    last_modified timestamptz NOT NULL,
    sha256 text,
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    state text NOT NULL DEFAULT 'seen'
        CHECK (state IN ('seen', 'loaded', 'superseded', 'refused', 'archived', 'gone')),
    archived_key text,
    run_id bigint,
    PRIMARY KEY (feed, key, last_modified, etag)
);
CREATE INDEX exports_in_bucket ON tickets.exports (feed) WHERE archived_key IS NULL AND state <> 'gone';

-- One row per bad record, however many exports contain it.
CREATE TABLE tickets.rejects (
    reject_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    feed text NOT NULL,
    run_id bigint,
    record bigint NOT NULL,
    line bigint NOT NULL,
    ticket_id text,
    reason text NOT NULL,
    detail text NOT NULL DEFAULT '',
    raw_text text NOT NULL,
    header text NOT NULL,
    digest text NOT NULL,
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    times integer NOT NULL DEFAULT 1,
    resolved_at timestamptz,
    resolution text,
    UNIQUE (feed, digest, reason)
);

-- Changes of tickets; append-only.
CREATE TABLE tickets.ticket_changes (
    change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    feed text NOT NULL,
    ticket_id text NOT NULL,
    run_id bigint NOT NULL,
    observed_at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN ('inserted', 'updated', 'absent', 'returned')),
    changed jsonb
);
CREATE INDEX ticket_changes_ticket ON tickets.ticket_changes (feed, ticket_id);

-- What `fleetfeed migrate` has applied of each feed's declaration.
CREATE TABLE tickets.feed_schemas (
    feed text PRIMARY KEY,
    definition text NOT NULL, -- digest of what the feed declares
    picture text NOT NULL, -- digest of the catalogue's description afterwards: it reveals changes made by hand
    applied_sql text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
