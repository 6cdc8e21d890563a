-- Calls made to each provider, so that its limits hold across runs and processes.
CREATE TABLE tickets.geo_budgets (
    provider text PRIMARY KEY,
    day date NOT NULL, -- UTC
    calls integer NOT NULL DEFAULT 0, -- on that day
    recent timestamptz[] NOT NULL DEFAULT '{}', -- the latest calls, as many as a minute may have
    held_until timestamptz, -- the provider itself has said that it was too much
    note text
);
