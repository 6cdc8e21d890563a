-- One row per day and cluster: the backlog when last captured, and what was observed that day. The backlog is null if
-- exports were observed that day, but nothing was captured.
CREATE TABLE tickets.@feed@_daily_snapshot (
    snapshot_date date NOT NULL,
    cluster text NOT NULL,
    open_total integer,
    open_actionable integer,
    open_overdue integer,
    observed_created integer NOT NULL DEFAULT 0,
    observed_closed integer NOT NULL DEFAULT 0,
    observed_reopened integer NOT NULL DEFAULT 0,
    captured_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (snapshot_date, cluster)
);
