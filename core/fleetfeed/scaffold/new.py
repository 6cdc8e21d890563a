"""Make a new feed from an export: the files of its folder, and notes for its author."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fleetfeed.errors import UsageError
from fleetfeed.feed.names import NAME, RESERVED
from fleetfeed.feed.problems import Choice, texts
from fleetfeed.plugins.discovery import INIT
from fleetfeed.scaffold.draft import Draft, draft_of
from fleetfeed.scaffold.notes import notes_of
from fleetfeed.scaffold.roles import Parts, parts_of
from fleetfeed.scaffold.sample import sample_of
from fleetfeed.scaffold.source_code import declaration, test_file
from fleetfeed.scaffold.table import Table, tabulated, unusable

EXAMPLE = Path(__file__).with_name("example.csv")


@dataclass(frozen=True)
class NewFeed:
    """A feed that is about to be written."""

    name: str
    draft: Draft
    parts: Parts
    files: dict[str, bytes]
    notes: tuple[str, ...] = ()  # findings about the export, beyond its columns

    @property
    def choices(self) -> list[Choice]:
        """What only a person can decide."""
        formats = tuple((guess.zone, guess.formats, *guess.signs) for guess in self.draft.columns)
        parts = (self.parts.key, self.parts.winner, formats, self.parts.roles)
        return list(dict.fromkeys(text for text in texts(parts) if isinstance(text, Choice)))


def check_name(name: str) -> None:
    """Check the name of a feed. Raises UsageError."""
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name for a feed.",
            next_step="Small letters, digits and _, beginning with a letter, at most 31.",
        )
    if name in RESERVED:
        raise UsageError(f"{name!r} is a table of fleetfeed's own.", next_step="Choose another name.")


def new_feed(name: str, export: Path | None, zone: str) -> NewFeed:
    """Draft a feed from an export, or from a small example. Raises UsageError if the file is not an export."""
    path = export or EXAMPLE
    with tabulated(path) as table:
        if not table.records:
            raise _nothing(path, table)
        draft = draft_of(table)
        parts = parts_of(draft, table)
        source = f"guessed from {table.records:,} records of {path.name}" if export else "a small example"
        files = {
            INIT: declaration(name, draft, parts, zone, source).encode(),
            "sample.csv": sample_of(table, draft, titles=parts.skip > 0),
            f"test_{name}.py": test_file(name).encode(),
        }
        return NewFeed(name, draft, parts, files, tuple(notes_of(table)))


def _nothing(path: Path, table: Table) -> UsageError:
    """Return the error for a file without usable records."""
    nothing = "nothing can be guessed from it"
    if table.left_out:
        return unusable(path, f"none of its {len(table.left_out):,} records is a ticket: {nothing}")
    if not table.spool.records:
        return unusable(path, f"it holds only a header, and no record: {nothing}", "Take an export with tickets in it.")
    advice = "Look at the lines before the first ticket: delete what is neither header nor record, and try again."
    return unusable(path, f"it holds no record that can be read ({table.shape}): {nothing}", advice)
