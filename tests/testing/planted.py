"""Faults in declarations and rows, each with the law that finds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.testing.kit import after, instead, same, sample, written


@dataclass(frozen=True)
class Planted:
    """One fault, the law that finds it, and what is said of it."""

    law: str
    said: tuple[str, ...]
    plant: Callable[[str], str] = same
    export: str | None = ""


def normalise(raw: str) -> Callable[[str], str]:
    """Wrap the core's normalise, and give its ticket another `raw`."""
    return after(f"""
        @hookimpl(wrapper=True)
        def feed_normalise(row):
            ticket = yield
            return replace(ticket, raw={raw})
    """)


DECLARED = {
    "a word that no cell can be": Planted(
        "declaration",
        ("no cell of 'is_test' is 'YES' (cells are compared with it trimmed, in lower case)",),
        instead('is_true("is_test", reason="test")', 'Drop("is_test", ("YES",), "test")'),
    ),
    "a closed status that its column's fold spells otherwise": Planted(
        "declaration",
        ("no state is 'Closed' (its fold makes 'closed' of it)",),
        instead('("closed", "withdrawn")', '("Closed",)'),
    ),
    "a closed status on which its column's fold fails": Planted(
        "declaration",
        ("no state is 'withdrawn' (fold of state raised KeyError on 'withdrawn'",),
        instead('Text("state", fold=str.lower)', 'Text("state", fold=lambda cell: {"closed": "closed"}[cell.lower()])'),
    ),
    "a fold that fails on a cell of the sample": Planted(
        "sample",
        ("of 'minutes' its fold fails: fold of minutes raised KeyError on ",),
        instead('Whole("minutes")', 'Whole("minutes", fold=lambda cell: {}[cell])'),
    ),
    "a fold that gives no text": Planted(
        "sample",
        ("fold of area gave no text on ", "(of type int)"),
        instead('Text("area")', 'Text("area", fold=len)'),
    ),
    "a drop that fails on a record": Planted(
        "sample",
        ("the drop 'test' raised ZeroDivisionError",),
        instead(
            'is_true("is_test", reason="test")',
            'type("Late", (Drop,), {"matches": lambda self, values: 1 // 0})("is_test", (), "test")',
        ),
    ),
    "a fold that throws dice": Planted(
        "hooks",
        ("the same row gets another answer",),
        instead('Text("area")', 'Text("area", fold=lambda cell: f"{cell} {random()}")'),
    ),
    "a sample that is not there": Planted("sample", ("there is no", "sample.csv"), export=None),
    "another delimiter than is declared": Planted(
        "sample",
        ("sample.csv cannot be used: ",),
        instead('sentinel="STOPPED",', 'sentinel="STOPPED", delimiter=";",'),
    ),
    "a sample with nothing in it": Planted(
        "sample", ("no record with as many cells as its header, and a 'number'",), export=",".join(sample()[0])
    ),
    "a sample without a declared column": Planted(
        "sample",
        ("the column 'team' is not in sample.csv",),
        export=written([{name: cell for name, cell in row.items() if name != "team"} for row in sample()]),
    ),
    "a sample whose keys a spreadsheet has ruined": Planted(
        "sample",
        ("of 13 records of ", "sample.csv 8 are rejected: {'key in E-notation': 8}"),
        export=written([row | {"number": f"{place}E+05"} if place > 3 else row for place, row in enumerate(sample())]),
    ),
    "a column that is declared as another kind": Planted(
        "sample",
        ("13 of 13 cells of 'team' are no Whole: 'Team ",),
        instead('Text("team")', 'Whole("team")'),
    ),
    "closed statuses that never occur": Planted(
        "sample",
        ("no state in sample.csv is a closed one; it has 'closed', 'open'",),
        instead('("closed", "withdrawn")', '("done",)'),
    ),
}
ROWS = {
    "a filter that answers with an empty text": Planted(
        "hooks",
        ("Plugin fibre: `feed_filter` answered ''", "__init__.py, line "),
        after("""
            @hookimpl
            def feed_filter(row):
                return ""
        """),
    ),
    "a normalise that gives numbers": Planted(
        "hooks",
        ("`feed_normalise` answered a Ticket whose raw['minutes'] is 5",),
        normalise('ticket.raw | {"minutes": 5}'),
    ),
    "a normalise that counts": Planted(
        "hooks",
        ("the same row gets another answer", "first Ticket(", "then  Ticket("),
        after("""
            seen = []

            @hookimpl(wrapper=True)
            def feed_normalise(row):
                seen.append(row.key)
                ticket = yield
                return replace(ticket, raw=ticket.raw | {"team": str(len(seen))})
        """),
    ),
    "a filter that changes its row": Planted(
        "hooks",
        ("a hook changes its row", "becomes {", "'team': 'nobody'"),
        after("""
            @hookimpl
            def feed_filter(row):
                row.values["team"] = "nobody"
        """),
    ),
    "a normalise that rejects every row": Planted(
        "sample",
        ("sample.csv 11 are rejected: {'not today': 11}",),
        after("""
            @hookimpl
            def feed_normalise(row):
                raise RowRejected("not today")
        """),
    ),
    "a normalise that loses a column": Planted(
        "sample",
        ("no ticket has a 'minutes', but ", "sample.csv has ['10.0'"),
        normalise('{name: cell for name, cell in ticket.raw.items() if name != "minutes"}'),
    ),
    "a normalise that counts on numbers": Planted(
        "hooks",
        ("`feed_normalise` raised ValueError: could not convert string to float", "__init__.py, line ", "minutes"),
        normalise('ticket.raw | {"minutes": str(float(row.values["minutes"] or 0))}'),
    ),
    "a filter that counts on its column": Planted(
        "hooks",
        ("KeyError: 'team'", "an export without the column team"),
        after("""
            @hookimpl
            def feed_filter(row):
                return "nobody's" if row.values["team"] == "nobody" else None
        """),
    ),
    "a normalise that writes down a row's place": Planted(
        "order",
        ("the same rows and columns in another order, or read by SQL, make another table", "first ('F", "then  ('F"),
        normalise('ticket.raw | {"place": str(row.number)}'),
    ),
}
