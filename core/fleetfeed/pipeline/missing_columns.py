"""Columns that an export lacks, and which of its new columns they probably are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fleetfeed.database.schema.tables import table
from fleetfeed.errors import ExportRefused
from fleetfeed.feed import Column, Feed, Text
from fleetfeed.feed.reading import MOST, reader_of
from fleetfeed.reader.completeness import ACCEPT, role_columns
from fleetfeed.text.parse import clean
from fleetfeed.text.similarity import ENOUGH, LOOKED_AT, likelihood

if TYPE_CHECKING:
    from fleetfeed.database import Database
    from fleetfeed.reader.export import Export

_WORDS = "SELECT DISTINCT raw ->> %s FROM {} WHERE raw ? %s LIMIT %s"


def refusal(feed: Feed, missing: list[str], export: Export, db: Database) -> ExportRefused:
    """Return the error for missing columns, with the new ones they probably are."""
    roles = role_columns(feed)
    named = " and ".join(f"{name!r} ({roles[name]})" for name in missing)
    pairs = list(_renamed(feed, missing, export, db))
    probably = "".join(f"; {to!r} is probably {name!r} ({share:.0%} likely)" for share, name, to in pairs)
    headers = ", ".join(f'"{to}": "{name}"' for _, name, to in pairs)
    declare = f"Declare headers = {{{headers}}} in the feed, or " if pairs else "Look at the exporter, or "
    return ExportRefused(f"its header lacks {named}{probably}", f"{declare}{ACCEPT}.")


def _renamed(feed: Feed, missing: list[str], export: Export, db: Database) -> Iterator[tuple[float, str, str]]:
    """Pair each missing column with the most similar unknown one, each once."""
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
    reads, spelling = reader_of(column), column.spelling or str
    texts = [text for text in map(clean, cells) if text]
    fits = sum(map(reads, texts)) >= MOST * len(texts)
    alike = (0.3 if isinstance(column, Text) else 0.5) if fits else 0.0
    return likelihood((column.name, other.lower()), (stored, frozenset(map(spelling, texts))), alike)
