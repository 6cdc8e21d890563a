"""Units that can be sent to tickets, and their positions."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from fleetfeed.errors import NoPositions
from fleetfeed.geo import Point
from fleetfeed.states import UnitKind
from fleetfeed.text.escape import printable
from fleetfeed.text.forms import zoned_time

LONGEST_NAME = 100  # characters of a unit's name
EXCHANGED = "; are latitude and longitude exchanged?"
_MOST_METRES = 10_000_000
_MOST_SHOWN = 20
_METRES = re.compile(r"\d{1,8}(?:\.\d{1,20})?", re.ASCII)
_TIME = "2026-11-30T08:00:00+03:00"


@dataclass(frozen=True)
class Unit:
    """A vehicle, a rider or a team that can be sent to tickets."""

    unit: str
    team: str | None = None
    kind: UnitKind | None = None
    skills: tuple[str, ...] = ()  # empty: all
    home: Point | None = None
    on_duty: bool = True
    max_tickets: int | None = None  # None: no limit
    note: str | None = None


@dataclass(frozen=True)
class PositionSource:
    """A provider's table in fleetfeed.toml, [positions.NAME]."""

    source: str = ""  # a folder, as a bucket's URL
    url: str = ""
    token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Position:
    """Where a unit was at a time."""

    unit: str
    latitude: float
    longitude: float
    at: datetime  # with a zone
    accuracy_m: float | None = None
    origin: str = field(default="", compare=False)  # where it was read, for messages: "positions.csv, line 4"

    @classmethod
    def read_all(cls, rows: Iterable[tuple[str, Mapping[str, object]]]) -> list[Position]:
        """Read rows of cells or JSON values, each with its origin, all or none.

        Members: unit, latitude, longitude, at, and accuracy_m, which may be empty. Raises NoPositions with every fault.
        """
        found: list[Position] = []
        faults: list[str] = []
        first: dict[str, str] = {}  # unit → origin
        for origin, row in rows:
            wrong = [f"{origin}, {column}: {why}" for column, why in _faults(row)]
            unit = str(row.get("unit") or "").strip()
            if unit and unit in first:
                wrong.append(f"{origin}, unit: {printable(unit)!r} is repeated: {first[unit]} has it already")
            first.setdefault(unit, origin)
            faults += wrong
            if not wrong:
                found.append(cls._read(unit, row, origin))
        if faults:
            raise NoPositions(
                f"Positions cannot be read:{listed(faults)}", next_step="Correct them: all are taken, or none."
            )
        return found

    @classmethod
    def _read(cls, unit: str, row: Mapping[str, object], origin: str) -> Position:
        point = Point.read(_text(row.get("latitude")), _text(row.get("longitude")))
        accuracy = row.get("accuracy_m")
        metres = None if accuracy in (None, "") else float(str(accuracy))
        at = cast("datetime", zoned_time(str(row["at"]).strip()))  # checked by _faults
        return cls(unit, point.latitude, point.longitude, at, metres, origin)

    def faults(self) -> Iterator[str]:
        """Yield what is wrong with a position that a plugin made."""
        at = self.at if isinstance(self.at, datetime) else None
        row = {name: getattr(self, name) for name in ("unit", "latitude", "longitude", "accuracy_m")}
        yield from (f"{column}: {why}" for column, why in _faults({**row, "at": at.isoformat() if at else None}))


def listed(faults: list[str]) -> str:
    """Return faults as lines of a message, at most 20 of them."""
    more = [f"… and {len(faults) - _MOST_SHOWN:,} more"] if len(faults) > _MOST_SHOWN else []
    return "".join(f"\n  {fault}" for fault in [*faults[:_MOST_SHOWN], *more]) + "\n"


def name_fault(value: object) -> str:
    """Return what is wrong with a unit's name; "" if nothing is."""
    if not isinstance(value, str) or not value.strip():
        return "is missing"
    if len(value.strip()) > LONGEST_NAME:
        return f"is longer than {LONGEST_NAME} characters"
    return "" if value.strip().isprintable() else f"{printable(value)[:60]!r} has characters that cannot be printed"


def point_faults(latitude: object, longitude: object, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the column and the fault of coordinates; `prefix` is that of their columns."""
    if faults := list(_degree_faults(latitude, longitude, prefix)):
        yield from faults
        return
    point = Point.read(_text(latitude), _text(longitude))
    if abs(point.latitude) > 90:
        hint = EXCHANGED if abs(point.longitude) <= 90 else ""
        yield prefix + "latitude", f"{_shown(latitude)} is not from -90 to 90{hint}"
    if abs(point.longitude) > 180:
        yield prefix + "longitude", f"{_shown(longitude)} is not from -180 to 180"
    if point.latitude == point.longitude == 0:
        yield prefix + "latitude", "0, 0 is what programs write for an unknown place"


def _degree_faults(latitude: object, longitude: object, prefix: str = "") -> Iterator[tuple[str, str]]:
    point = Point.read(_text(latitude), _text(longitude))
    for name, given, degrees in (("latitude", latitude, point.latitude), ("longitude", longitude, point.longitude)):
        if given in (None, ""):
            yield prefix + name, "is missing"
        elif not math.isfinite(degrees):
            yield prefix + name, f"{_shown(given)} is no number of decimal degrees, such as -1.2921"


def _faults(row: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield the column and the fault of each value that cannot be read; what a position says, the database judges."""
    if why := name_fault(row.get("unit")):
        yield "unit", why
    yield from _degree_faults(row.get("latitude"), row.get("longitude"))
    at, accuracy = row.get("at"), row.get("accuracy_m")
    if at in (None, ""):
        yield "at", "is missing"
    elif not isinstance(at, str) or zoned_time(at.strip()) is None:
        zoneless = isinstance(at, str) and zoned_time(f"{at.strip()}Z") is not None
        what = "has no zone" if zoneless else "is no time"
        yield "at", f"{_shown(at)} {what}; write it like {_TIME}"
    if accuracy not in (None, "") and not _is_metres(accuracy):
        yield "accuracy_m", f"{_shown(accuracy)} is no number of metres, such as 12.5"


def _is_metres(value: object) -> bool:
    if isinstance(value, str):
        return _METRES.fullmatch(value.strip()) is not None and float(value) <= _MOST_METRES
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= _MOST_METRES


def _text(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def _shown(value: object) -> str:
    return printable(repr(value) if isinstance(value, str) else str(value))[:60]
