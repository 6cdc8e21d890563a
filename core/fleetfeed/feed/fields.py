"""The fields of a declaration, without checks or derived values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from fleetfeed.feed.columns import Column
from fleetfeed.feed.parts import Drop, Roles
from fleetfeed.geo import Box


@dataclass(frozen=True, kw_only=True)
class Fields:
    """What a feed declares."""

    name: str
    key: str
    columns: tuple[Column, ...]
    roles: Roles
    winner: tuple[str, ...] = ()  # of several records with one key, the latest by these times is the ticket
    sentinel: str | None = None  # start of the last record if the exporter hit its limit
    drops: tuple[Drop, ...] = ()
    ignore: tuple[str, ...] = ()  # columns that are not stored, not even in `raw`
    bookkeeping: tuple[str, ...] = ()  # columns whose change alone is no event of the ticket
    aliases: Mapping[str, str] = field(default_factory=dict)  # cluster code → the name to geocode
    codes: tuple[str, ...] = ()  # patterns removed from the start (^) or end ($) of a location before geocoding
    country: Box | None = None
    delimiter: str = ","
    encoding: str = "utf-8"  # any Python codec; records with undecodable bytes are rejected
    nulls: tuple[str, ...] = ()  # cells that mean null: "?", "N/A"
    headers: Mapping[str, str] = field(default_factory=dict)  # the export's name of a column → its name here
    skip: int = 0  # lines before the header; titles before a line that names the key are skipped without it
    revision: int = 1  # increase it if a change of hooks, or of what folds call, changes rows

    @cached_property
    def known(self) -> frozenset[str]:
        """Names of all declared columns."""
        return frozenset({self.key, *self.ignore, *(column.name for column in self.columns)})
