"""The output of `fleetfeed feeds`, line by line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fleetfeed.states import Difference
from fleetfeed.text.escape import counted
from fleetfeed.text.install import install

if TYPE_CHECKING:
    from fleetfeed.config.loader import Loaded
    from fleetfeed.feed import Feed
    from fleetfeed.scaffold.check import Checked, Finding
    from fleetfeed.scaffold.diff import Diff
    from fleetfeed.scaffold.new import NewFeed

_LONGEST = 24  # characters of an example


def beginning(made: NewFeed, folder: Path, loaded: Loaded, export: Path | None) -> Iterator[str]:
    """Yield what was guessed and on what evidence, the written files, and the next steps."""
    if export:
        yield from _evidence(made)
        yield ""
    for file in made.files:
        yield f"written: {folder / file}"
    folder = _near(folder)
    if export:
        yield "  sample.csv holds unchanged records of your export: decide whether personal data may stay in it"
    if choices := made.choices:
        yield ""
        yield f"Fill these in; the feed does not load before ({len(choices)}):"
        yield from (f"  {choice}" for choice in choices)
    yield ""
    yield f"Add to {loaded.path}:"
    yield f"  [feeds.{made.name}]"
    yield f'  source = "{_source(made.name, loaded)}"  # where its exports arrive'
    if "feeds" not in loaded.settings.project.plugins:
        yield '  and "feeds" to `plugins` of [project]: else that folder is not searched'
    yield ""
    yield "Next:"
    yield from _aligned([(f"  {step}", f"# {what}") for step, what in _steps(made.name, folder, export)])


def _steps(name: str, folder: Path, export: Path | None) -> Iterator[tuple[str, str]]:
    yield f"edit {folder / '__init__.py'}", "correct wrong guesses"
    yield f"fleetfeed feeds check {name}", "every mistake, with its line"
    yield "fleetfeed migrate", "makes its table, views and functions"
    yield f"fleetfeed run {name} --file {export or folder / 'sample.csv'}", "the exact diff; --apply writes it"
    yield f"pytest {folder}", f"the tests of every feed; they need, {install('testing')}"


def findings(found: Checked) -> Iterator[str]:
    """Yield mistakes and notes, and for a feed without mistakes what it declares."""
    for label, listed in (("mistake", found.mistakes), ("note", found.notes)):
        for finding in listed:
            yield f"{label}: {_place(finding)}: {finding.what}"
            if finding.hint:
                yield f"    {finding.hint}"
    if found.mistakes:
        many = len(found.mistakes)
        yield f"{found.name} has {many} mistake{'s' * (many != 1)}. Correct, and check again."
    elif found.feed:
        yield f"{found.name} is sound. It declares:"
        rows = f"read one by one by Python: {found.by_row}" if found.by_row else "read by SQL"
        yield from _aligned([(f"  {what}", value) for what, value in (*declared(found.feed), ("rows", rows))])


def declared(feed: Feed) -> Iterator[tuple[str, str]]:
    """Summarise what a feed declares."""
    kinds = Counter(type(column).__name__ for column in feed.columns)
    yield "table", f"tickets.{feed.name}"
    yield "key", feed.key
    yield "latest by", ", ".join(feed.winner) or "the later line"
    yield "columns", f"{len(feed.columns)}: {', '.join(f'{many} {kind}' for kind, many in kinds.most_common())}"
    yield "ignored", ", ".join(feed.ignore) or "-"
    words = " or ".join(map(repr, feed.roles.closed_statuses))
    yield "closed statuses", f"{feed.roles.status} is {words}" if words else "none: a ticket only becomes absent"
    for role, value in vars(feed.roles).items():
        if value and role not in ("status", "closed_statuses"):
            yield role, value if isinstance(value, str) else ", ".join(value)


def difference(found: Diff, old: Path, new: Path, feed: str | None) -> Iterator[str]:
    """Yield each difference, with its consequence."""
    for label, path, (records, columns) in (("old", old, found.old), ("new", new, found.new)):
        yield f"{label}: {path}: {counted(records, 'record')}, {counted(columns, 'column')}"
    for change in found.changes:
        sure = f" ({100 * change.likelihood:.0f} % likely)" if change.likelihood is not None else ""
        column = f"{change.column}: " if change.column else ""
        yield f"{change.kind:<10}  {column}{change.what}{sure}"
        if change.examples and change.kind in (Difference.UNREADABLE, Difference.READABLE, Difference.NEW):
            yield f"{'':<12}such as {', '.join(repr(_short(text)) for text in change.examples)}"
        if change.consequence:
            yield f"{'':<12}→ {change.consequence}"
    if not found.changes:
        yield "No difference was found that would change how columns are read."
    elif feed is None:
        yield "--feed NAME shows what each would do to that feed's tickets."


def _evidence(made: NewFeed) -> Iterator[str]:
    draft, dialect = made.draft, made.draft.dialect
    sign = "tabs" if dialect.delimiter == "\t" else f"`{dialect.delimiter}`"
    nulls = f"; {', '.join(draft.nulls)} is read as empty" if draft.nulls else ""
    many = counted(draft.records, "record")
    yield f"{many}, {counted(len(draft.columns), 'column')}, separated by {sign}, in {dialect.encoding}{nulls}"
    if draft.unreadable:
        yield f"{counted(draft.unreadable, 'more record')} cannot be read: a run would reject as many"
    yield from made.notes
    yield ""
    rows = [("COLUMN", "KIND", "FILLED", "DIFFERENT", "BAD", "EXAMPLES")]
    for guess in draft.columns:
        cells = guess.cells
        spelt = guess.name if guess.name == guess.spelt else f"{guess.spelt} → {guess.name}"
        kind = "key" if guess is draft.key else guess.kind
        share = f"{100 * cells.filled / draft.records:.0f} %"
        examples = ", ".join(_short(text) for text in cells.examples)
        rows.append((spelt, kind, share, f"{cells.distinct:,}", f"{guess.bad:,}" if guess.bad else "-", examples))
    yield from _aligned(rows)


def _near(folder: Path) -> Path:
    """Return a path relative to the current folder if it is inside it."""
    return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder


def _source(name: str, loaded: Loaded) -> str:
    """Propose the source of a feed: beside that of another feed, else a folder of the project."""
    for other, settings in loaded.settings.feeds.items():
        if settings.source.endswith(f"/{other}/"):
            return f"{settings.source.removesuffix(f'{other}/')}{name}/"
    return f"{(loaded.path.parent / 'inbox' / name).as_uri()}/"


def _place(finding: Finding) -> str:
    return f"{finding.file}, line {finding.line}" if finding.line else finding.file


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _aligned(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
