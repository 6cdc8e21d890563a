"""Check that an export is complete: its columns, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from fleetfeed.errors import ExportRefused
from fleetfeed.feed import Column, Feed, Text
from fleetfeed.model import LastLoad, RunReport
from fleetfeed.text.parse import clean
from fleetfeed.text.similarity import ENOUGH, LOOKED_AT, likelihood

if TYPE_CHECKING:
    from fleetfeed.database import Database
    from fleetfeed.reader.export import Export

ACCEPT = "run with --accept-incomplete to accept it once"
_WORDS = "SELECT DISTINCT raw ->> %s FROM {} WHERE raw ? %s LIMIT %s"


def role_columns(feed: Feed) -> dict[str, str]:
    """Map the columns that an export needs to their roles."""
    roles = feed.roles
    found = {roles.status: "status"} | ({roles.closed: "closed"} if roles.closed else {})
    found |= dict.fromkeys(roles.created, "created") | ({roles.cluster: "cluster"} if roles.cluster else {})
    return dict.fromkeys(feed.winner, "winner") | found


def lacking(feed: Feed, header: tuple[str, ...], last: LastLoad | None) -> list[str]:
    """List the missing columns with a role that are required, or that the last export had."""
    known = last.missing if last else None
    missing = [name for name in role_columns(feed) if name not in header]
    others = {name for name in feed.roles.created if name in header}
    needed = {name for name, role in role_columns(feed).items() if role != "winner"}
    optional = set(feed.roles.created) if others and known is None else set()
    optional |= set(feed.winner) - needed if known is None else set()
    return [name for name in missing if name not in (known or ()) and name not in optional]


def refusal(feed: Feed, missing: list[str], export: Export, db: Database) -> ExportRefused:
    """Return the error for missing columns, with the new ones they probably are."""
    roles = role_columns(feed)
    named = " and ".join(f"{name!r} ({roles[name]})" for name in missing)
    pairs = list(_renamed(feed, missing, export, db))
    probably = "".join(f"; {to!r} is probably {name!r} ({share:.0%} likely)" for share, name, to in pairs)
    headers = ", ".join(f'"{to}": "{name}"' for _, name, to in pairs)
    declare = f"Declare headers = {{{headers}}} in the feed, or " if pairs else "Look at the exporter, or "
    return ExportRefused(f"its header lacks {named}{probably}", f"{declare}{ACCEPT}.")


def check_statuses(feed: Feed, report: RunReport, export: Export) -> None:
    """Check that a status column is not suddenly empty, as that would reopen every ticket.

    Raises ExportRefused.
    """
    status, changed = feed.roles.status, report.changes.fields.get(feed.roles.status, 0)
    if changed < 2 or 2 * changed < report.rows.updated or status not in export.spool.header:
        return
    if not any(clean(cell) for cell in export.words(status, LOOKED_AT)):
        raise ExportRefused(
            f"every cell of {status!r} (status) is empty, and {changed:,} tickets had a status before",
            f"Look at the exporter, or {ACCEPT}.",
        )


def ends_inside(export: Export, before: bool | None) -> str:
    """Return the evidence that an export ends in the middle of a record; empty if there is none.

    `before`: whether the last line of the previously loaded export had a line end.
    """
    if line_end(export.spool.path):
        return ""
    last = max((reject for reject in export.rejects), key=lambda reject: reject.record, default=None)
    if last and last.record == export.spool.records:
        return f"it ends in the middle of record {last.record:,} on line {last.line:,} ({last.detail or last.reason})"
    return "its last line has no end, though that of the export loaded before had one" if before else ""


def is_truncated(feed: Feed, path: Path, line_end: bool | None = None) -> bool | None:
    """Return whether an export was cut short, by its exporter's limit or in transit; None if it cannot be read.

    `line_end`: whether the last line of the previously loaded export had a line end.
    """
    from fleetfeed.reader.export import opened  # here, because an unchanged export does not need DuckDB

    try:
        with opened(feed, path) as export:
            return export.truncated or bool(ends_inside(export, line_end))
    except ExportRefused:
        return None


def line_end(path: Path) -> bool:
    """Whether the last line of a file has a line end."""
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) in (b"\n", b"\r")


def _renamed(feed: Feed, missing: list[str], export: Export, db: Database) -> Iterator[tuple[float, str, str]]:
    """Pair each missing column with the most similar unknown one, each once."""
    from fleetfeed.database.schema.tables import table  # here, because `feeds check` does not need the database

    columns = {column.name: column for column in feed.columns}
    found = []
    for name in missing:
        stored = frozenset(cell for (cell,) in db.all(_WORDS.format(table(feed)), [name, name, LOOKED_AT]))
        for other in export.unknown_columns:
            exported = export.words(other, LOOKED_AT)
            found.append((_likelihood(columns[name], stored, other, exported), name, other))
    taken: set[str] = set()
    for share, name, other in sorted(found, key=lambda pair: -pair[0]):
        if share >= ENOUGH and not taken & {name, other}:
            taken |= {name, other}
            yield share, name, other


def _likelihood(column: Column, stored: frozenset[str], other: str, cells: list[str]) -> float:
    from fleetfeed.scaffold.cell_types import MOST, reader_of  # here, because only a refused export needs it

    reads, spelling = reader_of(column), column.spelling or str
    texts = [text for text in map(clean, cells) if text]
    fits = sum(map(reads, texts)) >= MOST * len(texts)
    alike = (0.3 if isinstance(column, Text) else 0.5) if fits else 0.0
    return likelihood((column.name, other.lower()), (stored, frozenset(map(spelling, texts))), alike)
