"""Projects, exports and declarations that the tests of the scaffold are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fleetfeed import Feed
from fleetfeed.plugins.loading import Plugin
from fleetfeed.plugins.registry import find
from fleetfeed.scaffold.check import Checked, check
from fleetfeed.scaffold.folder import write
from fleetfeed.scaffold.new import NewFeed, new_feed
from fleetfeed.scaffold.source_code import literal
from fleetfeed.testing.feed.sample_table import Table
from tests.reader.samples import written

ZONE = "Africa/Nairobi"


def guessed(
    folder: Path,
    header: Sequence[str],
    rows: Sequence[Sequence[str | None]],
    delimiter: str = ",",
    encoding: str = "utf-8",
) -> NewFeed:
    """Guess a feed out of rows, written as an exporter does."""
    return guessed_of(folder, written(header, rows, "\r\n", delimiter).decode().encode(encoding))


def guessed_of(folder: Path, content: bytes, name: str = "thing") -> NewFeed:
    """Guess a feed out of an export."""
    path = folder / "export.csv"
    path.write_bytes(content)
    return new_feed(name, path, ZONE)


def kinds(made: NewFeed) -> dict[str, str]:
    """Return what each column was taken for."""
    return {guess.name: guess.kind for guess in made.draft.columns}


def project(folder: Path, made: NewFeed) -> Path:
    """Write a feed's folder, as `feeds new` does, and give its declaration."""
    write(folder / "feeds" / made.name, made.files)
    return folder / "feeds" / made.name / "__init__.py"


def plugin(folder: Path, name: str = "thing") -> Plugin:
    """Find a feed of a project."""
    return find(folder, ["feeds"]).found[name]


def checked(folder: Path, name: str = "thing", *, listed: bool = True) -> Checked:
    """Check a feed of a project."""
    return check(plugin(folder, name), folder / "fleetfeed.toml", listed=listed)


def declared(made: NewFeed, answers: Mapping[str, str]) -> Feed:
    """Make the feed that is declared, with what a person would write in place of each choice, by words of it."""
    text = made.files["__init__.py"].decode()
    for choice in made.choices:
        answer = next(said for part, said in answers.items() if part in choice)
        text = text.replace(literal(choice), literal(answer))
    names: dict[str, Any] = {}
    exec(text, names)  # noqa: S102 (it is what we have just written)
    feed = names["FEED"]
    assert isinstance(feed, Feed)
    return feed


def only(folder: Path, column: str, cells: Sequence[str]) -> tuple[str, tuple[str, ...], int]:
    """Guess one column beside a key: its kind, its formats, its bad cells."""
    made = guessed(folder, ("id", column), [(f"T{number}", cell) for number, cell in enumerate(cells)])
    guess = made.draft.columns[1]
    return guess.kind, guess.formats, guess.bad


def bare(feed: Feed) -> Table:
    """Give a feed without a sample one of five tickets that say nothing: their cells are drawn."""
    header = (feed.key, *(column.name for column in feed.columns), *feed.ignore)
    rows = tuple({**dict.fromkeys(header, ""), feed.key: f"T{number}"} for number in range(5))
    return Table(header, rows)
