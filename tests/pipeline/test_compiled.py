"""Rows that SQL filters and normalises come out as those of the stages in Python."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fleetfeed import Column, Drop, Feed, Moment, Roles, Row, Text, Whole, hookimpl, is_true
from fleetfeed.pipeline.transform import Tickets, why_by_row
from fleetfeed.plugins.registry import core
from fleetfeed.reader.compiled import why_not
from fleetfeed.reader.export import opened
from fleetfeed.stages import STAGES
from tests.kit import CRQ, FEED, HEADER, examples, ticket

NULLS = Feed(
    name="nulls",
    key="id",
    columns=(Text("status", fold=str.casefold), Text("place"), Moment("at"), Whole("n")),
    roles=Roles(status="status", closed_statuses=("closed",), closed="at", created=("at",), location="place"),
    winner=("at",),
    drops=(Drop("n", ("0", "none"), "nothing"), is_true("place", reason="true")),
    nulls=("?", "N/A", "-"),
    ignore=("junk",),
)
ODD = (
    *("", " ", "?", "N/A", " - ", "0", "None", "true", " YES ", "open", "Open", "OPEN ", "ß", "İ", "É", "é "),
    *("a\tb", "a\nb", "\x85", "\u2028x", "\x7f", "\u200bx", "e\u0301", "ﬁ", "٣", "\U0001f600", "\xa0x\xa0"),
    *('"', 'a"b', "\\", "a\\", "\\N", "\\.", "a,b", '="0012"', '="x""y"', '="', "a  b", " a b ", "'", "{}", "[", "%s"),
    *("1E5", "+1.e-3", "ticket_id", "Ticket  ID", "status", "id", "total", "2026-11-20 10:00", "x" * 501, "NULL"),
)
PLAIN = ("open", "Closed", "Moi Avenue", "2026-11-20 10:00", "7", "yes", "0", "none", "", "Fibre cut", 'a "b"', "Köln")
odd = st.sampled_from(ODD) | st.text(max_size=6) | st.text('ab "\\\t\xa0é', max_size=5)


class Watching:
    """Answer nothing: that a plugin is asked is enough for rows to go one by one."""

    @hookimpl
    def feed_filter(self, row: Row) -> None:
        return None


def written(header: list[str], rows: list[list[str]], quoting: int) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n", quoting=quoting).writerows([header, *rows])  # type: ignore[arg-type]
    return out.getvalue().encode("utf-8", "replace")


def parsed(line: str) -> tuple[int, str, list[tuple[str, str]], str, str]:
    """Take a line for COPY apart; the order of a JSON object's members means nothing."""
    assert line.endswith("\n")
    assert "\n" not in line[:-1]
    number, key, raw, digest, place = line[:-1].split("\t")
    members: dict[str, str] = json.loads(raw.replace("\\\\", "\\"))
    return int(number), key, sorted(members.items()), digest, place


def transformed(feed: Feed, path: Path, *plugins: object) -> tuple[object, ...]:
    """Return all that the stages make of an export."""
    manager = core(STAGES)
    for plugin in plugins:
        manager.register(plugin)
    assert bool(why_by_row(feed, manager)) is bool(plugins)
    with opened(feed, path) as export:
        tickets = Tickets(feed, manager, export, export.compare(None), compile_from=0)
        tickets.keys_may_meet = False  # nothing here gives two rows one key
        lines = sorted(map(parsed, tickets.copy_lines()))
        rejects = sorted((reject.record, reject.reason, reject.detail, reject.key) for reject in tickets.rejects)
        return lines, tickets.dropped, tickets.dropped_keys, rejects, tickets.warnings, tickets.exhausted


Both = Callable[[Feed, bytes], tuple[object, object]]


@pytest.fixture
def both(tmp_path: Path) -> Both:
    """Transform an export by SQL, and once more row by row."""

    def transform(feed: Feed, content: bytes) -> tuple[object, object]:
        path = tmp_path / "export.csv"
        path.write_bytes(content)
        by_sql = transformed(feed, path)
        path.write_bytes(content)
        return by_sql, transformed(feed, path, Watching())

    return transform


cells = st.sampled_from(PLAIN) | st.sampled_from(PLAIN) | st.sampled_from(PLAIN) | odd


@settings(max_examples=examples(12))
@given(st.lists(st.tuples(cells, cells, cells, cells, cells, cells, cells), min_size=1, max_size=40), st.booleans())
@example([("T1", "Open", "Moi  Avenue", "2026-11-20 10:00", "1", "", "")], False)
def test_odd_cells_come_out_alike(both: Both, rows: list[tuple[str, ...]], all_quoted: bool) -> None:
    header = ["id", "status", "place", "at", "n", "it's \"odd\\", "junk"]
    numbered = [[f"{number}{row[0]}" if number % 3 else row[0], *row[1:]] for number, row in enumerate(rows)]
    lines = written(header, numbered, csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL)
    by_sql, by_row = both(NULLS, lines.replace(b"\0", b""))
    assert by_sql == by_row


@settings(max_examples=examples(12))
@given(st.lists(st.dictionaries(st.sampled_from(HEADER), cells, max_size=6), min_size=1, max_size=40))
@pytest.mark.parametrize("feed", [FEED, CRQ], ids=["inc", "crq"])
def test_the_feeds_of_the_project_come_out_alike(both: Both, feed: Feed, rows: list[dict[str, str]]) -> None:
    made = [
        ticket(f"T{number}", **row) if "ticket_id" not in row else ticket("", **row) for number, row in enumerate(rows)
    ]
    content = written(list(HEADER), [[row.get(name, "") for name in HEADER] for row in made], csv.QUOTE_MINIMAL)
    by_sql, by_row = both(feed, content)
    assert by_sql == by_row


# Each kind of character that SQL and Python might see differently: controls, blanks, marks, letters of several bytes.
ONE_ODD = [chr(code) for code in (*range(1, 32), 34, 39, 92, 127, 0x85, 0xA0, 0xAD, 0xE9, 0x130, 0x301, 0x200B, 0x2028)]


@pytest.mark.parametrize("place", range(7), ids=["id", "status", "place", "at", "n", "odd", "junk"])
def test_a_row_that_is_plain_but_for_one_character_comes_out_alike(both: Both, place: int) -> None:
    header = ["id", "status", "place", "at", "n", "odd", "junk"]
    rows = []
    for number, odd in enumerate([*ONE_ODD, "\ufeff", "\U0001f600"]):
        cells = [f"T{number}", "open", "Moi Avenue", "2026-11-20 10:00", "7", "cut", "x"]
        for where, cell in ((0, odd + cells[place]), (1, f"{cells[place]}{odd}x"), (2, cells[place] + odd)):
            rows.append([f"{where}{cells[0]}", *cells[1:]])
            rows[-1][place] = f"{where}{cell}" if place == 0 else cell
    by_sql, by_row = both(NULLS, written(header, rows, csv.QUOTE_MINIMAL))
    assert by_sql == by_row


SENTINEL = replace(NULLS, name="cut", sentinel="__MORE__")


def test_a_sentinel_in_the_middle_comes_out_alike(both: Both) -> None:
    header = ["id", "status", "place", "at", "n", "odd", "junk"]
    rows = [[f"T{number}", "open", "Mall", "2026-11-20 10:00", "7", "", ""] for number in range(6)]
    rows.insert(3, ["__MORE__ 1,000 rows left out", *[""] * 6])
    by_sql, by_row = both(SENTINEL, written(header, rows, csv.QUOTE_MINIMAL))
    assert by_sql == by_row
    assert len(by_sql[0]) == 6  # type: ignore[index]


@pytest.mark.parametrize("width", [2, 600])
def test_feeds_of_few_and_of_many_columns_come_out_alike(both: Both, width: int) -> None:
    names = [f"c{number}" for number in range(width - 2)]
    roles = Roles(status="status", closed_statuses=("closed",), created=("at",))
    columns = (Text("status"), *map(Text, names), Moment("at"))
    feed = replace(NULLS, name="wide", columns=columns, roles=roles, winner=(), drops=(), ignore=())
    rows = [[f"T{number}", "open", *(f"x{number}" for _ in names)] for number in range(20)]
    by_sql, by_row = both(feed, written(["id", "status", *names], rows, csv.QUOTE_MINIMAL))
    assert by_sql == by_row


def test_a_file_with_the_separator_of_cells_comes_out_alike(both: Both) -> None:
    rows = [["T1", "open", "a\x1fb", "", "", "x"], ["T2", "Open", "\x1f", "", "7", ""]]
    by_sql, by_row = both(NULLS, written(["id", "status", "place", "at", "n", "junk"], rows, csv.QUOTE_MINIMAL))
    assert by_sql == by_row


def test_all_but_odd_rows_are_written_by_sql(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    rows = [ticket("T1"), ticket("T2", owner='O"Hara é'), ticket("T3", is_alarm="TRUE"), ticket("T4", region="Zürich")]
    path.write_bytes(written(list(HEADER), [[row.get(name, "") for name in HEADER] for row in rows], csv.QUOTE_MINIMAL))
    with opened(FEED, path) as export:
        ways = [way for way, *_ in export.compare(None).written_as_sql(FEED, None)]
    assert ways == [1, 1, 2, 0]


@dataclass
class Folding:
    """A fold that cannot be hashed."""

    by: str = "x"

    def __call__(self, cell: str) -> str:
        return cell + self.by


@pytest.mark.parametrize(
    ("column", "why"),
    [
        (Text("x", fold=str.upper), ""),
        (Text("x", fold=lambda cell: cell[::-1]), "x is normalised by Python code"),
        (Text("x", fold=Folding()), "x is normalised by Python code"),
        (Moment("x", formats=("%d.%m.%Y",)), "x is normalised by Python code"),
    ],
)
def test_a_declaration_with_python_code_goes_row_by_row(column: Column, why: str) -> None:
    assert why_not(replace(NULLS, columns=(*NULLS.columns, column))) == why


def test_a_drop_with_code_of_its_own_goes_row_by_row() -> None:
    class Odd(Drop):
        pass

    assert why_not(replace(FEED, drops=(Odd("bucket", ("x",), "odd"),))) == "the drop odd is Python code"
