"""Notes about an export: what the draft left out, and what a run does with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from fleetfeed.scaffold.leftover import Kind
from fleetfeed.scaffold.table import Table
from fleetfeed.text.escape import counted
from fleetfeed.text.parse import cells

_MOST = 5  # records listed
_RUN = {
    Kind.EMPTY: "a run drops it",
    Kind.HEADER: "a run drops it",
    Kind.TOTAL: "a run rejects it, as long as it has neither status nor times",
}


def notes_of(table: Table) -> Iterator[str]:
    """Yield notes about lines, columns and records that the draft does not show."""
    if table.spool.preamble:
        many = table.spool.preamble
        lines = f"{many} lines before it are" if many != 1 else "one line before it is"
        yield f"the header is line {table.spool.head.line}: {lines} left out"
    if table.spool.spare:
        yield "the delimiter at the end of each line is ignored: it makes no column"
    named = [cell.strip() for cell in cells(table.spool.header_text, table.dialect.delimiter)]
    for name, many in Counter(filter(None, named)).items():
        if many > 1:
            others = ", ".join(f"{name}_{number}" for number in range(2, min(many, 4) + 1))
            yield f"the header has {name} {many} times: the others are called {others}{', …' if many > 4 else ''}"
    for item in table.left_out[:_MOST]:
        yield f"record {item.record}{item}: {_RUN[item.kind]}"
    if (more := len(table.left_out) - _MOST) > 0:
        yield counted(more, "more record", "is no ticket/are no tickets")
