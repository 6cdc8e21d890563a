"""Names that a declaration may use, and those that are taken."""

from __future__ import annotations

import re

NAME = re.compile(r"^[a-z][a-z0-9_]{0,30}$")
COLUMN = re.compile(r"^[a-z_][a-z0-9_]{0,58}$")
# Tables of the core: a feed of one of these names would be created over them.
RESERVED = frozenset(
    {
        "import_meta",
        "import_runs",
        "exports",
        "rejects",
        "reject_headers",
        "ticket_changes",
        "closure_events",
        "geo_clusters",
    }
    | {"geo_locations", "geo_budgets", "feed_schemas", "schema_version"}
    | {"captures", "captured_runs", "feed_settings", "sla_targets", "alarms"}
)
# Columns that every feed's table has; a declared column of one of these names would clash.
TABLE_COLUMNS = frozenset(
    {"ticket_id", "raw", "geom", "geo_source", "geo_precision", "geog", "absent_since", "ingested_at"}
    | {"source_digest", "location_key", "run_id"}
)
# Names that the view of open tickets, and the variables of functions that read a feed's table, have already.
DERIVED_NAMES = frozenset(
    {"age_since", "age_from", "age_minutes", "target_minutes", "elapsed_pct", "sla_state", "sla_basis"}
    | {"p_cluster", "p_status", "p_limit", "p_window", "p_from", "p_to", "p_as_of", "v_since", "v_until"}
    | {"v_midnights", "v_first", "v_last", "v_as_of", "v_freshness", "v_today", "v_runs"}
)
PLACE_COLUMNS = frozenset({"latitude", "longitude"})  # the table's own are those of the resolved place
