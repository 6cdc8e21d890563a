"""Files of many writers against Python's csv module: no good record is rejected, no broken one is loaded shifted."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from fleetfeed.errors import ExportRefused
from fleetfeed.feed import Feed
from tests.kit import examples
from tests.reader.samples import NARROW, read

HEADER = ["id", "status", "place", "team", "note"]
AWKWARD = [
    '5" pipe',
    '6"',
    "78.07",
    'Table, round 48"',
    '5" pipe, 3" valve',
    'say "hi"',
    "a, b",
    "a; b",
    "x\ty",
    "two\nlines",
    "'",
    "\\",
    'a"b, c"',
    '"',
    '""',
    "",
    "-",
    "|",
]
words = st.sampled_from(AWKWARD) | st.text("ab é,;|\t\"'\\\n=", max_size=12)
cells = words.map(lambda text: text.strip() or "")
records = st.lists(st.tuples(*[cells] * (len(HEADER) - 1)), min_size=1, max_size=8)
writers = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from(",;\t|"),
        "lineterminator": st.sampled_from(["\n", "\r\n", "\r"]),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    }
)
encodings = st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"])


def written(rows: list[list[str]], writer: dict[str, object]) -> str:
    out = io.StringIO()
    end = str(writer["lineterminator"])
    # The module quotes a line end in a cell only where it is one of its own: CR and LF are both.
    csv.writer(out, **{**writer, "lineterminator": "\r\n"}).writerows([HEADER, *rows])  # type: ignore[arg-type]
    return out.getvalue().replace("\r\n", end)


def numbered(drawn: list[tuple[str, ...]]) -> list[list[str]]:
    return [[f"T{number}", *row] for number, row in enumerate(drawn, 1)]


def loaded(content: bytes, feed: Feed) -> tuple[dict[str, list[str]], int]:
    """Read the rows by their keys, and count the rejects."""
    with read(content, feed) as export:
        found = {row.key or "": [cell or "" for cell in row.values.values()] for row in export.compare(None).changed()}
        return found, len(export.rejects)


@settings(max_examples=examples(5))
@given(records, writers, encodings)
def test_a_well_formed_file_is_read_as_the_csv_module_reads_it(
    drawn: list[tuple[str, ...]], writer: dict[str, object], encoding: str
) -> None:
    rows = numbered(drawn)
    feed = replace(NARROW, delimiter=str(writer["delimiter"]), encoding=encoding)
    found, rejects = loaded(written(rows, writer).encode(encoding), feed)

    assert rejects == 0
    assert found == {row[0]: row for row in rows}


def spoiled(line: str, place: int, how: str, sign: str) -> str:
    """Break one written record at a place."""
    spots = [number for number, char in enumerate(line) if char == sign] or [len(line)]
    at = spots[place % len(spots)]
    match how:
        case "delimiter lost":
            return line[:at] + line[at + 1 :]
        case "delimiter lost before a quote":
            return line.replace(f'{sign}"', '" ', 1)
        case "delimiter doubled":
            return line[:at] + sign + line[at:]
        case "delimiter at the end":
            return line + sign
        case "quote added":
            return line[: at + 1] + '"' + line[at + 1 :]
        case "other delimiter":
            return line.replace(sign, "|" if sign != "|" else ";")
        case "backslash":
            return line.replace('""', '\\"')
        case _:
            return line[:at]


@settings(max_examples=examples(5))
@given(
    records.filter(lambda rows: len(rows) > 2),
    st.sampled_from(",;\t"),
    st.integers(0, 30),
    st.sampled_from(
        [
            "delimiter lost",
            "delimiter lost before a quote",
            "delimiter doubled",
            "delimiter at the end",
            "quote added",
            "other delimiter",
            "backslash",
            "cut",
        ]
    ),
)
def test_a_broken_record_is_never_loaded_shifted(drawn: list[tuple[str, ...]], sign: str, place: int, how: str) -> None:
    rows = [[cell.replace("\n", " ") for cell in row] for row in numbered(drawn)]
    writer: dict[str, object] = {"delimiter": sign, "lineterminator": "\n", "quoting": csv.QUOTE_MINIMAL}
    lines = written(rows, writer).splitlines()
    broken = 1 + place % len(rows)
    lines[broken] = spoiled(lines[broken], place, how, sign)
    try:
        found, _ = loaded("\n".join([*lines, ""]).encode(), replace(NARROW, delimiter=sign))
    except ExportRefused as refused:
        assert "not closed" in refused.why  # noqa: PT017 (a file that is refused loads nothing)
        return
    read = next(csv.reader([lines[broken]], delimiter=sign))
    for row in rows:
        if (cells := found.get(row[0])) is not None:
            differing = [number for number, cell in enumerate(row) if cells[number] != cell]
            # An added quote can make another record of the right width: `78.07;";="` becomes `"78.07;";="`.
            is_another = how == "quote added" and cells == read
            assert len(differing) <= (len(row) if how == "backslash" or is_another else 1), (row, cells)
            # What stands in a cell may have changed, but it has not come from the one beside it.
            assert all(cells[number].replace("\\", "").count('"') >= row[number].count('"') for number in differing)
