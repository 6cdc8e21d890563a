"""Where each column of the contract comes from: by name, among those an old table turns out to have."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from fleetfeed.database.adoption import column_types, owners
from fleetfeed.database.adoption.inventory import Table
from fleetfeed.database.schema.tables import literal, quoted
from fleetfeed.errors import DatabaseError

# Filled by places.py: each location's name as it was written, and its key.
KEYS = "LEFT JOIN pg_temp.location_keys AS k ON k.name = {}"
# An export holds texts, and of an empty one nothing: a ticket says the same in these words, whatever wrote it before.
NOT_AS_EXPORTED = """jsonb_path_exists({0}::jsonb, 'strict $.* ? (@.type() != "string" || @ == "")')"""
_AS_EXPORTED = (
    f"CASE WHEN {NOT_AS_EXPORTED} THEN (SELECT coalesce(jsonb_object_agg(key, value), '{{{{}}}}') "
    "FROM jsonb_each_text({0}::jsonb) WHERE value <> '') ELSE {0}::jsonb END"
)


@dataclass(frozen=True, slots=True)
class Shape:
    """Say how rows `o` of an old table become rows of the contract's table of that name.

    Of rows with one `key` the first by `prefer` is carried over; without `prefer` the key is unique already.
    """

    columns: Mapping[str, str]  # column of the contract → expression over `o` and `k`
    key: tuple[str, ...]
    prefer: tuple[str, ...] = ()
    join: str = ""
    homeless: Mapping[str, str] = field(default_factory=dict)  # old column → when it says what the contract cannot
    renamed: Mapping[str, str] = field(default_factory=dict)
    used: Collection[str] = ()  # old columns that something is made of


class Old:
    """Look up the columns of an old table, and remember which were asked for."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.used: dict[str, str] = {}

    def first(self, target: str, *others: str) -> str | None:
        """Give the column `target` comes from: of this name or, if there is none, of one of the others."""
        for name in (target, *others):
            if name in self.table.columns:
                column_types.check(self.table.name, name, self.table.columns[name].type, target)
                self.used[name] = target
                return f"o.{quoted(name)}"
        return None

    def need(self, target: str, *others: str) -> str:
        """Give a column without which the rows say nothing. Raises DatabaseError."""
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
        worth: Mapping[str, str],
        prefer: tuple[str, ...] = (),
        join: str = "",
    ) -> Shape:
        """Put a shape together; what no column of it asked for is homeless wherever it says anything."""
        plain = {name for name, found in self.table.columns.items() if found.expression is None}
        homeless = {name: f"o.{quoted(name)} IS NOT NULL" for name in sorted(plain - {*self.used})}
        homeless |= {name: condition for name, condition in worth.items() if name in plain}
        return Shape(
            {name: expression for name, expression in columns.items() if expression is not None},
            key,
            homeless={name: condition for name, condition in homeless.items() if condition},
            renamed={old: new for old, new in self.used.items() if old != new and new in columns},
            used=frozenset(self.used),
            prefer=prefer,
            join=join,
        )


def shape(table: Table, postgis: str) -> Shape | None:
    """Tell how a table's rows are carried over; None for a table that the earlier program did not have."""
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
    """Tell where a table names locations."""
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
    # A place is resolved anew, and kept where that gives another one: see places.py.
    old.first("geom"), old.first("geo_source")
    # A typed column that is not generated may have been filled with something else than `raw` says.
    return old.shape(columns, ("ticket_id",), join=KEYS.format(location_name(old.table)), worth={})


def _meta(old: Old) -> Shape:
    metadata = f"{old.need('metadata')}::jsonb"
    # The store's answer has the ETag in quotes, and the contract has it without.
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
        worth={"id": ""},  # a number that nothing refers to
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
        prefer=("observed_at", "event_id"),  # when it was first seen
        join=owners.JOIN,
        worth={},
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
        # These counted by the tickets' own times, `observed_…` counts what was observed: not the same, so kept apart.
        worth={
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
    worth = {}
    if latitude and longitude:
        point = f"{postgis}.st_setsrid({postgis}.st_makepoint({longitude}, {latitude}), 4326)"
        for axis, value in (("st_y", latitude), ("st_x", longitude)):
            worth[value.removeprefix("o.").strip('"')] = (
                f"abs({value} - {postgis}.{axis}({geom})) > 1e-6" if geom else ""
            )
        geom = f"coalesce({geom}, {point})" if geom else point
    geom = geom or "NULL"
    found, status = f"CASE WHEN {geom} IS NULL THEN 'not_found' ELSE 'ok' END", old.first("status")
    known = "('ok', 'not_found', 'rejected', 'manual')"
    if status:
        found = f"CASE WHEN {status} IN {known} THEN {status} ELSE {found} END"
        worth["status"] = f"{status} NOT IN {known}"
    same = ("query", "precision", "provider", "display_name", "attempts", "expires_at", "next_try_at", "note")
    columns = {
        **key,
        "geom": geom,
        "status": found,
        "fetched_at": old.first("fetched_at", "geocoded_at"),
        **{name: old.first(name) for name in same},
    }
    prefer = ("geom IS NULL", "fetched_at DESC NULLS LAST")
    return old.shape(columns, tuple(key), prefer=prefer, join=join, worth=worth)
