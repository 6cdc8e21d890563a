"""The fields of a declaration, before anything is checked or derived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from fleetfeed.feed.columns import Column
from fleetfeed.feed.parts import Drop, Roles
from fleetfeed.geo import Box


@dataclass(frozen=True, kw_only=True)
class Fields:
    """Hold what a feed declares."""

    name: str
    key: str
    columns: tuple[Column, ...]
    roles: Roles
    winner: tuple[str, ...] = ()  # of several records with one key, the latest by these times is the ticket
    sentinel: str | None = None  # how the last record begins when the exporter hit its limit
    drops: tuple[Drop, ...] = ()
    ignore: tuple[str, ...] = ()  # columns of the export that do not even reach `raw`
    bookkeeping: tuple[str, ...] = ()  # columns whose change is no event of the ticket
    aliases: Mapping[str, str] = field(default_factory=dict)  # cluster code → the name to geocode
    codes: tuple[str, ...] = ()  # patterns of what no map knows, at the beginning (^) or end ($) of a location's name
    country: Box | None = None
    delimiter: str = ","
    encoding: str = "utf-8"  # any codec of Python; bytes that it cannot read reject their record
    nulls: tuple[str, ...] = ()  # cells that mean «nothing»: "?", "N/A"
    headers: Mapping[str, str] = field(default_factory=dict)  # how the export spells a column → its name in here
    skip: int = 0  # lines before the header; titles before a line that names the key are found without it
    revision: int = 1  # raise it when hooks, or what folds call, change what a row becomes

    @cached_property
    def known(self) -> frozenset[str]:
        """Names of all columns the declaration speaks of."""
        return frozenset({self.key, *self.ignore, *(column.name for column in self.columns)})
