"""Columns that an export lacks, and which of its new columns they probably are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fleetfeed.database.schema.tables import table
from fleetfeed.errors import ExportRefused
from fleetfeed.feed import Column, Feed, Text
from fleetfeed.feed.reading import MOST, folded, unread
from fleetfeed.reader.completeness import ACCEPT, Words, role_columns
from fleetfeed.reader.facts import Facts
from fleetfeed.text.parse import clean
from fleetfeed.text.similarity import LOOKED_AT, likelihood, pairs

if TYPE_CHECKING:
    from fleetfeed.database import Database

_WORDS = "SELECT DISTINCT raw ->> %s FROM {} WHERE raw ? %s LIMIT %s"


def refusal(feed: Feed, missing: list[str], facts: Facts, words: Words, db: Database) -> ExportRefused:
    """Return the error for missing columns, with the new ones they probably are."""
    roles = role_columns(feed)
    named = " and ".join(f"{name!r} ({roles[name]})" for name in missing)
    renamed = list(_renamed(feed, missing, facts, words, db))
    probably = "".join(f"; {to!r} is probably {name!r} ({share:.0%} likely)" for share, name, to in renamed)
    headers = ", ".join(f'"{to}": "{name}"' for _, name, to in renamed)
    declare = f"Declare headers = {{{headers}}} in the feed, or " if renamed else "Look at the exporter, or "
    return ExportRefused(f"its header lacks {named}{probably}", f"{declare}{ACCEPT}.")


def _renamed(
    feed: Feed, missing: list[str], facts: Facts, words: Words, db: Database
) -> Iterator[tuple[float, str, str]]:
    """Pair each missing column with the most similar unknown one, each once."""
    columns = {column.name: column for column in feed.columns}
    found = []
    for name in missing:
        stored = frozenset(cell for (cell,) in db.all(_WORDS.format(table(feed)), [name, name, LOOKED_AT]))
        for other in facts.unknown_columns:
            exported = words(other, LOOKED_AT)
            found.append((_likelihood(columns[name], stored, other, exported), name, other))
    return pairs(found)


def _likelihood(column: Column, stored: frozenset[str], other: str, cells: list[str]) -> float:
    texts = [(text, 1) for text in map(clean, cells) if text]
    found = unread(column, texts)
    fits = found.filled - found.wrong - found.failed >= MOST * found.filled
    alike = (0.3 if isinstance(column, Text) else 0.5) if fits else 0.0
    words = frozenset(text for text, _ in folded(column, texts))
    return likelihood((column.name, other.lower()), (stored, words), alike)
