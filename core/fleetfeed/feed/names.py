"""Names that a declaration may use, and reserved ones."""

from __future__ import annotations

import re

NAME = re.compile(r"^[a-z][a-z0-9_]{0,30}$")
COLUMN = re.compile(r"^[a-z_][a-z0-9_]{0,58}$")
MARK = "__"  # in names of tables that stand beside a feed for a while; no declared feed may have it
SHADOW = f"{MARK}rebuild"
# Tables of the core, which a feed of the same name would overwrite.
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
    | {"units", "unit_positions", "unit_places", "dispatch_holds", "dispatch_plans"}
    | {"closure_teams", "team_names", "team_owners", "team_settings"}
)
# Columns that every feed's table has.
TABLE_COLUMNS = frozenset(
    {"ticket_id", "raw", "geom", "geo_source", "geo_precision", "geog", "absent_since", "ingested_at"}
    | {"source_digest", "location_key", "run_id"}
)
# Names used by the view of open tickets, and by variables of functions that read a feed's table.
DERIVED_NAMES = frozenset(
    {"age_since", "age_from", "age_minutes", "target_minutes", "elapsed_pct", "sla_state", "sla_basis"}
    | {"p_cluster", "p_status", "p_limit", "p_window", "p_from", "p_to", "p_as_of", "v_since", "v_until"}
    | {"v_midnights", "v_first", "v_last", "v_as_of", "v_freshness", "v_today", "v_runs", "v_here", "v_reach"}
    | {"p_run", "p_new", "p_first"}
)
PLACE_COLUMNS = frozenset({"latitude", "longitude"})  # in the table, these are the resolved place
