"""Maps the columns of old tables to the contract's, by name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from fleetfeed.database.adoption import column_types, owners
from fleetfeed.database.adoption.inventory import Table
from fleetfeed.database.schema.tables import literal, quoted
from fleetfeed.errors import DatabaseError

# Filled by places.py: each location's name as written, and its key.
KEYS = "LEFT JOIN pg_temp.location_keys AS k ON k.name = {}"
# Tickets loaded from exports hold only non-empty strings; old documents are converted to that.
NOT_AS_EXPORTED = """jsonb_path_exists({0}::jsonb, 'strict $.* ? (@.type() != "string" || @ == "")')"""
_AS_EXPORTED = (
    f"CASE WHEN {NOT_AS_EXPORTED} THEN (SELECT coalesce(jsonb_object_agg(key, value), '{{{{}}}}') "
    "FROM jsonb_each_text({0}::jsonb) WHERE value <> '') ELSE {0}::jsonb END"
)


@dataclass(frozen=True, slots=True)
class Shape:
    """How rows `o` of an old table become rows of the contract's table of that name.

    Of rows with the same `key`, the first by `prefer` is copied; without `prefer` the key is unique already.
    """

    columns: Mapping[str, str]  # column of the contract → expression over `o` and `k`
    key: tuple[str, ...]
    prefer: tuple[str, ...] = ()
    join: str = ""
    leftovers: Mapping[str, str] = field(default_factory=dict)  # old column → condition: value cannot be mapped
    renamed: Mapping[str, str] = field(default_factory=dict)
    used: Collection[str] = ()  # old columns that are mapped


class Old:
    """Look up the columns of an old table; records which are used."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.used: dict[str, str] = {}

    def first(self, target: str, *others: str) -> str | None:
        """Return the first of these columns that exists, as the source of `target`; None if there is none."""
        for name in (target, *others):
            if name in self.table.columns:
                column_types.check(self.table.name, name, self.table.columns[name].type, target)
                self.used[name] = target
                return f"o.{quoted(name)}"
        return None

    def need(self, target: str, *others: str) -> str:
        """Return a required column. Raises DatabaseError."""
        found = self.first(target, *others)
        if found is None:
            names = " or ".join((target, *others))
            raise DatabaseError(
                f"tickets.{self.table.name} has no column {names}, so its rows cannot be kept.",
                next_step="Rename the column that it is, or move the table to another schema; then run again.",
            )
        return found

    def shape(
        self,
        columns: Mapping[str, str | None],
        key: tuple[str, ...],
        *,
        conditions: Mapping[str, str],
        prefer: tuple[str, ...] = (),
        join: str = "",
    ) -> Shape:
        """Build a shape; non-null values of unused columns are leftovers."""
        plain = {name for name, found in self.table.columns.items() if found.expression is None}
        leftovers = {name: f"o.{quoted(name)} IS NOT NULL" for name in sorted(plain - {*self.used})}
        leftovers |= {name: condition for name, condition in conditions.items() if name in plain}
        return Shape(
            {name: expression for name, expression in columns.items() if expression is not None},
            key,
            leftovers={name: condition for name, condition in leftovers.items() if condition},
            renamed={old: new for old, new in self.used.items() if old != new and new in columns},
            used=frozenset(self.used),
            prefer=prefer,
            join=join,
        )


def shape(table: Table, postgis: str) -> Shape | None:
    """Return how a table's rows are mapped; None for a table that the earlier program did not have."""
    if table.feed:
        return _feed(Old(table))
    if table.name.endswith("_daily_snapshot"):
        return _snapshot(Old(table))
    makers: dict[str, Callable[[Old], Shape]] = {
        "import_meta": _meta,
        "closure_events": _closures,
        "geo_clusters": lambda old: _place(old, postgis, {"cluster": old.need("cluster")}),
        "geo_locations": lambda old: _location(old, postgis),
    }
    return makers[table.name](Old(table)) if table.name in makers else None


def location_name(table: Table) -> str | None:
    """Return the SQL of a row's location name; None for tables without one."""
    if table.feed:
        return f"o.raw ->> {literal(table.feed.roles.location or '')}"
    return Old(table).need("location_key", "location_name") if table.name == "geo_locations" else None


def _feed(old: Old) -> Shape:
    assert old.table.feed is not None  # noqa: S101 (see shape())
    columns = {
        "ticket_id": old.need("ticket_id"),
        "raw": _AS_EXPORTED.format(old.need("raw")),
        "location_key": "k.key",
        "ingested_at": old.first("ingested_at"),
    }
    # Places are resolved again; where the result differs, the old one is kept as a leftover: see places.py.
    old.first("geom"), old.first("geo_source")
    # A typed column that is not generated may differ from `raw`, so it is a leftover.
    return old.shape(columns, ("ticket_id",), join=KEYS.format(location_name(old.table)), conditions={})


def _meta(old: Old) -> Shape:
    metadata = f"{old.need('metadata')}::jsonb"
    # S3 returns the ETag in quotes, the contract stores it without.
    unquoted = "jsonb_build_object('source_etag', btrim({0} ->> 'source_etag', '\"'))"
    return old.shape(
        {
            "feed": old.table.owners.of_export(old.first("feed", "source"), metadata),
            "metadata": f"{metadata} || CASE WHEN {metadata} ? 'source_etag' "
            f"THEN {unquoted.format(metadata)} ELSE '{{}}' END",
            "updated_at": old.first("updated_at", "imported_at"),
        },
        ("feed",),
        prefer=("updated_at DESC",),
        conditions={"id": ""},  # nothing refers to it
    )


def _closures(old: Old) -> Shape:
    same = ("run_id", "cluster", "region", "assigned_team", "owner", "mttr", "sla_status", "raw_status")
    return old.shape(
        {
            "event_id": old.need("event_id", "id"),
            "feed": old.table.owners.of_ticket(old.first("feed")),
            "ticket_id": old.need("ticket_id"),
            "closed_at": old.need("closed_at"),
            "observed_at": old.need("observed_at"),
            **{name: old.first(name) for name in same},
        },
        ("feed", "ticket_id", "coalesce(closed_at, '-infinity')"),
        prefer=("observed_at", "event_id"),  # the first observation
        join=owners.JOIN,
        conditions={},
    )


def _snapshot(old: Old) -> Shape:
    same = ("observed_created", "observed_closed", "observed_reopened", "captured_at")
    return old.shape(
        {
            "snapshot_date": old.need("snapshot_date"),
            "cluster": f"coalesce({old.need('cluster')}, '(none)')",
            "open_total": old.need("open_total", "open_count"),
            "open_actionable": old.first("open_actionable", "actionable_count"),
            "open_overdue": old.first("open_overdue", "overdue_count"),
            **{name: old.first(name) for name in same},
        },
        ("snapshot_date", "cluster"),
        prefer=("captured_at DESC",),
        # These counted by the tickets' own times, `observed_…` by observation: not the same, so they are leftovers.
        conditions={
            name: f"o.{name} <> 0"
            for name in ("created_count", "closed_count")
            if name in old.table.columns and column_types.is_number(old.table.columns[name].type)
        },
    )


def _location(old: Old, postgis: str) -> Shape:
    name = old.need("location_key", "location_name")
    cluster = old.first("cluster")
    found = {"cluster": f"coalesce({cluster}, '')" if cluster else "''", "location_key": "k.key"}
    return _place(old, postgis, found, KEYS.format(name))


def _place(old: Old, postgis: str, key: dict[str, str], join: str = "") -> Shape:
    geom = old.first("geom")
    latitude, longitude = old.first("latitude", "lat"), old.first("longitude", "lng", "lon")
    conditions = {}
    if latitude and longitude:
        point = f"{postgis}.st_setsrid({postgis}.st_makepoint({longitude}, {latitude}), 4326)"
        for axis, value in (("st_y", latitude), ("st_x", longitude)):
            conditions[value.removeprefix("o.").strip('"')] = (
                f"abs({value} - {postgis}.{axis}({geom})) > 1e-6" if geom else ""
            )
        geom = f"coalesce({geom}, {point})" if geom else point
    geom = geom or "NULL"
    found, status = f"CASE WHEN {geom} IS NULL THEN 'not_found' ELSE 'ok' END", old.first("status")
    known = "('ok', 'not_found', 'rejected', 'manual')"
    if status:
        found = f"CASE WHEN {status} IN {known} THEN {status} ELSE {found} END"
        conditions["status"] = f"{status} NOT IN {known}"
    same = ("query", "precision", "provider", "display_name", "attempts", "expires_at", "next_try_at", "note")
    columns = {
        **key,
        "geom": geom,
        "status": found,
        "fetched_at": old.first("fetched_at", "geocoded_at"),
        **{name: old.first(name) for name in same},
    }
    prefer = ("geom IS NULL", "fetched_at DESC NULLS LAST")
    return old.shape(columns, tuple(key), prefer=prefer, join=join, conditions=conditions)
