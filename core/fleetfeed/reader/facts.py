"""What an export says of itself: plain data, which outlives the open file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fleetfeed.model import Reject
from fleetfeed.text.escape import counted

if TYPE_CHECKING:
    from fleetfeed.reader.export import Export
    from fleetfeed.reader.spool import Spool


@dataclass(frozen=True, slots=True)
class Facts:
    """What the reader found in an export before any row is filtered."""

    header: tuple[str, ...]
    header_text: bytes
    unknown_columns: Sequence[str]
    records: int  # without the header, with broken ones
    read: int  # records that became rows, rejects or the sentinel
    rejects: Sequence[Reject]
    sentinels_too_short: int  # sentinel records with fewer fields than the header
    superseded: int  # rows that another row of their ticket beats
    truncated: bool  # whether the exporter hit its limit
    newest: datetime | None  # latest winner time
    warnings: Sequence[str]
    line_end: bool  # whether the last line has a line end


def facts_of(export: Export) -> Facts:
    """Return the facts of an open export."""
    return Facts(
        export.spool.header,
        export.spool.header_text,
        export.unknown_columns,
        export.spool.records,
        export.read,
        export.rejects,
        export.sentinels_too_short,
        export.superseded,
        export.truncated,
        export.newest,
        [*_left_out(export.spool), *export.future],
        line_end(export.spool.path),
    )


def line_end(path: Path) -> bool:
    """Whether the last line of a file has a line end."""
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) in (b"\n", b"\r")


def _left_out(spool: Spool) -> Iterator[str]:
    if many := spool.preamble:
        yield f"{many:,} lines before the header were left out" if many > 1 else "a line before the header was left out"
    if spool.nuls:
        yield f"{counted(spool.nuls, 'NUL character', 'was/were')} taken out of the export"
