"""The list of units: read from a CSV, compared with what is stored, and stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetfeed.errors import UsageError
from fleetfeed.fleet import Unit, listed, name_fault, point_faults
from fleetfeed.geo import Point
from fleetfeed.states import UnitKind
from fleetfeed.text.escape import printable
from fleetfeed.text.forms import NO, YES
from fleetfeed.text.suggest import did_you_mean
from fleetfeed.units import table

if TYPE_CHECKING:
    from fleetfeed.database import Database

NEEDED = ("unit",)
OTHERS = ("team", "kind", "skills", "home_latitude", "home_longitude", "on_duty", "max_tickets", "note")
_HOME = ("home_latitude", "home_longitude")
_MOST_TICKETS = 10_000
_UNITS = """
SELECT unit, team, kind, skills, home_latitude, home_longitude, on_duty, max_tickets, note FROM tickets.units
ORDER BY unit
"""
_STORE = """
INSERT INTO tickets.units (unit, team, kind, skills, home_latitude, home_longitude, on_duty, max_tickets, note)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (unit) DO UPDATE SET team = excluded.team, kind = excluded.kind, skills = excluded.skills,
    home_latitude = excluded.home_latitude, home_longitude = excluded.home_longitude, on_duty = excluded.on_duty,
    max_tickets = excluded.max_tickets, note = excluded.note, updated_at = now()
"""
_OUTSIDE = "SELECT tickets.is_outside(%s, %s)"


@dataclass(frozen=True)
class Row:
    """A row of the file: the unit, and the values of those columns that the file has."""

    origin: str
    unit: str
    given: Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """A unit before and after an import; `before` is None for a new one."""

    before: Unit | None
    after: Unit

    def fields(self) -> dict[str, tuple[Any, Any]]:
        """Return the old and new value of each field that differs."""
        before = self.before or Unit(self.after.unit)
        values = ((field.name, getattr(before, field.name), getattr(self.after, field.name)) for field in fields(Unit))
        return {name: (old, new) for name, old, new in values if old != new}


def read(file: Path) -> list[Row]:
    """Read a list of units. Raises UsageError with every fault, each with its line and column."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.", next_step="Name a CSV file.") from None
    found, faults, first = list[Row](), list[str](), dict[str, str]()
    for origin, cells in table.rows(content, file.name, NEEDED, OTHERS):
        wrong = [f"{origin}, {column}: {why}" for column, why in _faults(cells)]
        if (unit := cells["unit"]) in first:
            wrong.append(f"{origin}, unit: {printable(unit)!r} is repeated: {first[unit]} has it already")
        first.setdefault(unit, origin)
        faults += wrong
        if not wrong:
            found.append(Row(origin, unit, _given(cells)))
    _refuse(file.name, faults)
    return found


def compare(db: Database, rows: Sequence[Row]) -> list[Change]:
    """Return what an import changes. Raises UsageError for a home that is in no feed's country."""
    known = {unit.unit: unit for unit in stored(db)}
    changes = [Change(known.get(row.unit), replace(known.get(row.unit, Unit(row.unit)), **row.given)) for row in rows]
    homes = ((row.origin, row.given.get("home")) for row in rows)
    outside = [
        f"{origin}, home_latitude, home_longitude: {home.latitude}, {home.longitude} is outside the country; "
        "is it latitude first?"
        for origin, home in homes
        if home and db.one(_OUTSIDE, [home.latitude, home.longitude])
    ]
    _refuse("The list", outside)
    return [change for change in changes if change.before != change.after]


def store(db: Database, changes: Sequence[Change]) -> None:
    """Store changed units."""
    db.many(_STORE, [_values(change.after) for change in changes])


def stored(db: Database) -> list[Unit]:
    """Return all units, by name."""
    return [
        Unit(
            unit,
            team,
            UnitKind(kind) if kind else None,
            tuple(skills),
            None if latitude is None else Point(latitude, longitude),
            *others,
        )
        for unit, team, kind, skills, latitude, longitude, *others in db.all(_UNITS)
    ]


def _values(unit: Unit) -> list[Any]:
    home = (unit.home.latitude, unit.home.longitude) if unit.home else (None, None)
    return [unit.unit, unit.team, unit.kind, list(unit.skills), *home, unit.on_duty, unit.max_tickets, unit.note]


def _refuse(name: str, faults: list[str]) -> None:
    if faults:
        raise UsageError(f"{name} cannot be imported:{listed(faults)}", next_step="Correct it and import it again.")


def _faults(cells: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the column and the fault of each cell that is wrong."""
    if why := name_fault(cells["unit"]):
        yield "unit", why
    kind, duty, most = (cells.get(name, "") for name in ("kind", "on_duty", "max_tickets"))
    if kind and kind not in [*UnitKind]:
        yield "kind", f"{printable(kind)[:60]!r} is none of {', '.join(UnitKind)}{did_you_mean(kind, UnitKind)}"
    latitude, longitude = (cells.get(name) for name in _HOME)
    if latitude or longitude:
        yield from point_faults(latitude, longitude, "home_")
    if duty and duty.lower() not in (*YES, *NO):
        yield "on_duty", f"{printable(duty)[:60]!r} is neither yes nor no"
    if most and not (most.isascii() and most.isdigit() and len(most) < 10 and 0 < int(most) <= _MOST_TICKETS):
        yield "max_tickets", f"{printable(most)[:60]!r} is no number from 1 to {_MOST_TICKETS:,}"


def _given(cells: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of a row by field; a column that the file does not have changes nothing."""
    found = {name: read(cells[name]) for name, read in _READ.items() if name in cells}
    if any(name in cells for name in _HOME):
        home = [cells.get(name, "") for name in _HOME]
        found["home"] = Point.read(*home) if all(home) else None
    return found


_READ: dict[str, Callable[[str], Any]] = {
    "team": lambda cell: cell or None,
    "kind": lambda cell: UnitKind(cell) if cell else None,
    "skills": lambda cell: tuple(filter(None, map(str.strip, cell.split(";")))),
    "on_duty": lambda cell: cell.lower() not in NO,
    "max_tickets": lambda cell: int(cell) if cell else None,
    "note": lambda cell: cell or None,
}
