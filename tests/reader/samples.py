"""A small feed and the exports that the unit tests read through it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import strategies as st

from fleetfeed import Feed, Moment, Roles, Row, Text, Untyped, Whole, YesNo, is_true
from fleetfeed.reader.export import Export, opened
from fleetfeed.text.parse import clean

SMALL = Feed(
    name="small",
    key="id",
    winner=("touched", "seen"),
    sentinel="EXPORT STOPPED",
    drops=(is_true("alarm", reason="alarm"),),
    ignore=("junk",),
    columns=(
        Text("status", fold=str.upper),
        Text("cluster"),
        Text("place"),
        Text("team"),
        Untyped("alarm"),
        YesNo("urgent"),
        Whole("mttr", unit="minutes"),
        Moment("begun"),
        Moment("ended"),
        Moment("touched"),
        Moment("seen"),
    ),
    bookkeeping=("seen",),
    roles=Roles(
        status="status",
        closed_statuses=("closed",),
        closed="ended",
        created=("begun",),
        cluster="cluster",
        location="place",
        team="team",
    ),
)

# Of few columns, so that the first line of a small file is its header for certain, and it may be read in one pass.
NARROW = replace(
    SMALL,
    winner=(),
    drops=(),
    columns=(Text("status", fold=str.upper), Text("place"), Text("team"), Moment("begun")),
    bookkeeping=(),
    roles=Roles(status="status", closed_statuses=("closed",), created=("begun",)),
)

# Any text that can come out of a CSV file in UTF-8: no lone surrogates.
any_text = st.text(st.characters(exclude_categories=["Cs"]))
_WORDS = """'' " "" , ; - NULL N/A nan 0 1e5 \\ \\N ' =1+1 <b> ﬀ İ ß 𝕏 {} [] true"""
_MARKS = (
    "",
    " ",
    "\xa0",
    "\u200b",
    "\0",
    "\n",
    "\t",
    "e\u0301",
    "\u202e",
    "\ufeff",
    "👩\u200d🚒",
    "  a  ",
    "a" * 9_000,
)
awkward_text = any_text | st.sampled_from([*_WORDS.split(), *_MARKS])


def changed(feed: Feed = SMALL, **members: Any) -> Feed:
    """Declare the same feed with something different."""
    return replace(feed, **members)


def row(values: Mapping[str, str | None], number: int = 1) -> Row:
    """Make a row as the reader would."""
    return Row(number, clean(values.get("id")), "", values)


def written(
    header: Sequence[str], rows: Iterable[Sequence[str | None]], end: str = "\n", delimiter: str = ","
) -> bytes:
    """Write a well-formed CSV file."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)  # quotes a line end in a cell only where it is one of its own
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().replace("\r\n", end).encode()


@contextmanager
def spooled(content: bytes) -> Iterator[Path]:
    """Put bytes where a spooled export would lie."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "export.csv"
        path.write_bytes(content)
        yield path


@contextmanager
def read(content: bytes, feed: Feed = SMALL) -> Iterator[Export]:
    """Open bytes as an export."""
    with spooled(content) as path, opened(feed, path) as export:
        yield export


def rows_of(content: bytes, feed: Feed = SMALL) -> list[Row]:
    """Read all winning rows of an export."""
    with read(content, feed) as export:
        return list(export.compare(None).changed())
