"""Exports as the model sees them: records whose cells, faults and text are known without reading a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from tests.kit import HEADER, export

STOP = "EXPORT STOPPED"
_FAULTS = {"": "empty key", "1.2E+05": "key in E-notation"}


@dataclass(frozen=True)
class Record:
    """One record: all its cells as they are written, or, of one that is too short, those that are there."""

    cells: Mapping[str, str]

    @property
    def short(self) -> bool:
        return len(self.cells) < len(HEADER)

    @cached_property
    def line(self) -> str:
        return export([self.cells], tuple(self.cells)).decode().split("\r\n")[1]

    @property
    def key(self) -> str:
        return self.cells["ticket_id"].strip()

    @property
    def stops(self) -> bool:
        return self.key.startswith(STOP)

    @property
    def fault(self) -> str:
        return "too few fields" if self.short else _FAULTS.get(self.key, "")

    @property
    def times(self) -> tuple[str, str]:
        return self.cells["source_updated_at"], self.cells["last_seen_at"]


@dataclass(frozen=True)
class Export:
    """One export; without records it is no CSV at all."""

    records: tuple[Record, ...]

    @cached_property
    def content(self) -> bytes:
        if not self.records:
            return b"<html>503</html>"
        return export([]) + "".join(f"{record.line}\r\n" for record in self.records).encode()

    @property
    def whole(self) -> list[Record]:
        return [record for record in self.records if not record.short]

    @property
    def short(self) -> list[Record]:
        return [record for record in self.records if record.short]

    @property
    def truncated(self) -> bool:
        return any(record.stops for record in self.records)

    @property
    def complete(self) -> bool:
        return bool(self.records) and not self.truncated

    @property
    def newest(self) -> str:
        return max((record.times[0] for record in self.whole), default="")


@dataclass(frozen=True, order=True)
class File:
    """One writing of an export into a bucket: the same name written again is another one."""

    at: datetime
    name: str
    etag: str
    export: Export = field(compare=False)
