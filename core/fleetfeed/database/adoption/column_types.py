"""The types that an old column may have for its values to be copied; checked before anything is changed."""

from __future__ import annotations

import re

from fleetfeed.database.schema.tables import quoted
from fleetfeed.errors import DatabaseError

_TEXT = ("text", "character varying", "character")
_NUMBER = ("smallint", "integer", "bigint", "numeric", "real", "double precision")
_TIME = ("timestamp with time zone",)  # without a zone, the time is unknown
_JSON = ("jsonb", "json")
_POINT = ("geometry(Point,4326)",)
_KINDS = {
    **dict.fromkeys(("feed", "ticket_id", "cluster", "location_key", "query", "precision", "provider"), _TEXT),
    **dict.fromkeys(("display_name", "note", "status", "region", "assigned_team", "owner", "sla_status"), _TEXT),
    **dict.fromkeys(("raw_status", "geo_source"), _TEXT),
    **dict.fromkeys(("latitude", "longitude", "attempts", "event_id", "run_id", "mttr"), _NUMBER),
    **dict.fromkeys(("open_total", "open_actionable", "open_overdue"), _NUMBER),
    **dict.fromkeys(("observed_created", "observed_closed", "observed_reopened"), _NUMBER),
    **dict.fromkeys(("closed_at", "observed_at", "ingested_at", "fetched_at", "updated_at", "captured_at"), _TIME),
    **dict.fromkeys(("expires_at", "next_try_at"), _TIME),
    "snapshot_date": ("date",),
    "raw": _JSON,
    "metadata": _JSON,
    "geom": _POINT,
}


def check(table: str, column: str, type_: str, target: str) -> None:
    """Check that the contract's column `target` can be made from a column. Raises DatabaseError."""
    known = _KINDS.get(target)
    if known is None or is_one_of(type_, known):
        return
    alter = f"ALTER TABLE tickets.{quoted(table)} ALTER COLUMN {quoted(column)} TYPE {known[0]} USING …"
    raise DatabaseError(
        f"tickets.{table}.{column} is of type {type_}, and its values can only be kept as {' or '.join(known)}.",
        next_step=f"Give it that type (`{alter}`), or another name; then run `fleetfeed migrate` again.",
    )


def is_number(type_: str) -> bool:
    """Whether a type is numeric."""
    return is_one_of(type_, _NUMBER)


def is_one_of(type_: str, known: tuple[str, ...]) -> bool:
    """Whether a type, as the catalogue spells it, is one of these; lengths and precisions are ignored."""
    plain = re.sub(r'^(\w+|"[^"]*")\.', "", type_)
    return plain in known or (known != _POINT and re.sub(r"\([\d,]+\)", "", type_) in known)
