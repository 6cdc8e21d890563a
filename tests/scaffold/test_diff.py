"""What a changed export would mean is reported before it is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetfeed import Feed, Moment, Whole
from fleetfeed.errors import UsageError
from fleetfeed.scaffold.compare import Change
from fleetfeed.scaffold.diff import diff
from fleetfeed.testing.feed.exports import make
from tests.kit import examples
from tests.pipeline.test_other_feeds import DESK
from tests.reader.samples import SMALL, written
from tests.scaffold.drafts import bare

HEADER = ("id", "status", "team", "mttr", "begun", "touched", "junk", "alarm", "place")
DAYS = [f"2026-11-{day:02} 10:00" for day in range(1, 25)]
ROWS = [
    (f"T{n}", "open" if n % 3 else "closed", f"Crew {n % 4}", str(n), "2026-11-01 08:05", day, "x", "no", f"Hall {n}")
    for n, day in enumerate(DAYS, 1)
]


def changes(
    folder: Path,
    header: Sequence[str] = HEADER,
    rows: Sequence[Sequence[str]] = ROWS,
    feed: Feed | None = SMALL,
    delimiter: str = ",",
) -> list[Change]:
    """Compare the rows above with others."""
    old, new = folder / "old.csv", folder / "new.csv"
    old.write_bytes(written(HEADER, ROWS))
    new.write_bytes(written(header, rows, delimiter=delimiter))
    return diff(old, new, feed).changes


def one(found: Sequence[Change], kind: str) -> Change:
    """Give the only change of a kind."""
    (change,) = (change for change in found if change.kind == kind)
    return change


def with_cells(column: str, *cells: str) -> list[list[str]]:
    """Give the rows with other cells in a column, one after the other."""
    place = HEADER.index(column)
    return [[*row[:place], cells[number % len(cells)], *row[place + 1 :]] for number, row in enumerate(ROWS)]


def without(column: str, header: Sequence[str] = HEADER) -> tuple[list[str], list[list[str]]]:
    """Give the export without a column."""
    place = HEADER.index(column)
    return [*header[:place], *header[place + 1 :]], [[*row[:place], *row[place + 1 :]] for row in ROWS]


@pytest.mark.parametrize("feed", [SMALL, None])
def test_the_same_export_and_one_in_another_order_are_no_change(tmp_path: Path, feed: Feed | None) -> None:
    assert changes(tmp_path, feed=feed) == []
    turned = [row[::-1] for row in ROWS[::-1]]
    assert changes(tmp_path, HEADER[::-1], turned, feed) == []


GONE = {
    "id": "it is the key: the export is refused",
    "junk": "nothing: it is ignored",
    "team": "it becomes null in every ticket of the next load",
    "status": "it is the status column: the export is refused",
    "alarm": "leaves it out of every ticket's `raw`; nothing is dropped as 'alarm' any more",
    "touched": "it is the winner column: the export is refused",
}


@pytest.mark.parametrize("column", GONE)
def test_a_column_that_is_gone_is_reported_with_what_that_does(tmp_path: Path, column: str) -> None:
    found = changes(tmp_path, *without(column))
    change = one(found, "gone")
    assert (change.column, change.what) == (column, "is gone")
    assert GONE[column] in change.consequence
    refused = column in ("id", "status", "touched")  # the key, and columns with a role
    assert [change.kind for change in found] == (["refused", "gone"] if refused else ["gone"])


def test_a_new_column_is_reported_with_what_it_looks_like(tmp_path: Path) -> None:
    found = changes(tmp_path, (*HEADER, "Floor"), [(*row, str(n)) for n, row in enumerate(ROWS)])
    change = one(found, "new")
    assert (change.column, change.what) == ("Floor", "is new: it looks like a Whole")
    assert "it stays in `raw`" in change.consequence
    missing = changes(tmp_path, (*HEADER, "cluster"), [(*row, "North") for row in ROWS])
    assert one(missing, "new").consequence == "it is declared, and is read from the next load on"


def test_a_renamed_column_comes_with_its_likelihood_and_alias(tmp_path: Path) -> None:
    header = ["Ticket Id" if name == "id" else "Crew" if name == "team" else name for name in HEADER]
    found = changes(tmp_path, header)
    renamed = {change.column: change for change in found if change.kind == "renamed"}
    assert {name: change.to for name, change in renamed.items()} == {"id": "Ticket Id", "team": "Crew"}
    assert all(0.5 <= (change.likelihood or 0) <= 1 for change in renamed.values())
    assert (renamed["id"].likelihood or 0) > (renamed["team"].likelihood or 0)
    assert "headers={'Ticket Id': 'id'}" in renamed["id"].consequence
    assert "until then the export is refused" in renamed["id"].consequence
    assert "it is null in every ticket" in renamed["team"].consequence
    assert found[0].what == "its header does not name the key, 'id'"


def test_an_unlike_new_column_is_no_renamed_one(tmp_path: Path) -> None:
    header = ["Wattage" if name == "place" else name for name in HEADER]
    found = changes(tmp_path, header, with_cells("place", "60", "100", "40"))
    assert [(change.kind, change.column) for change in found] == [("gone", "place"), ("new", "Wattage")]


def test_unreadable_cells_come_with_the_format_that_reads_them(tmp_path: Path) -> None:
    found = changes(tmp_path, rows=with_cells("touched", "31/12/2026 10:00", "2026-11-02 10:00"))
    change = one(found, "unreadable")
    assert change.what == "12 of 24 cells are no Moment, before 0 of 24"
    assert (change.examples, change.formats) == (("31/12/2026 10:00",), ("%d/%m/%Y %H:%M",))
    assert "`formats` can read them: add '%d/%m/%Y %H:%M'" in change.consequence
    assert "their records lose" in change.consequence
    read = tuple(replace(item, formats=change.formats) if isinstance(item, Moment) else item for item in SMALL.columns)
    assert changes(tmp_path, rows=with_cells("touched", *change.examples), feed=replace(SMALL, columns=read)) == []


def test_cells_that_start_being_readable_are_reported(tmp_path: Path) -> None:
    numbers = tuple(Whole("place") if item.name == "place" else item for item in SMALL.columns)
    found = changes(tmp_path, rows=with_cells("place", "7"), feed=replace(SMALL, columns=numbers, roles=NO_PLACE))
    change = one(found, "readable")
    assert change.what == "24 of 24 cells were no Whole, now 0 of 24"
    assert change.consequence == "the table gets values instead of nulls"


NO_PLACE = replace(SMALL.roles, location=None)


def test_an_unknown_status_counts_as_open_and_a_closed_one_does_not(tmp_path: Path) -> None:
    found = changes(tmp_path, rows=with_cells("status", "open", "parked", "void"))
    change = one(found, "values")
    assert change.what == "has new values: 'PARKED', 'VOID'"  # as the feed folds it
    assert change.consequence == "a status that `closed_statuses` does not name counts as open: 'PARKED', 'VOID'"
    upper = replace(SMALL, roles=replace(SMALL.roles, closed_statuses=("CLOSED", "VOID")))
    found = changes(tmp_path, rows=with_cells("status", "open", "void"), feed=upper)
    assert one(found, "values").consequence == "they are closed statuses"
    assert one(found, "missing").consequence == "no ticket is closed as 'CLOSED' any more"


def test_words_never_said_before_are_reported_only_where_there_are_few(tmp_path: Path) -> None:
    rows = with_cells("team", "Crew 1", "Crew 9")
    assert one(changes(tmp_path, rows=rows), "values").examples == ("Crew 9",)
    assert changes(tmp_path, rows=[(*row[:-1], f"Another hall {n}") for n, row in enumerate(ROWS)]) == []


@pytest.mark.parametrize("feed", [SMALL, None])
def test_another_delimiter_is_reported_and_the_rest_is_compared(tmp_path: Path, feed: Feed | None) -> None:
    found = changes(tmp_path, rows=with_cells("team", "Crew 9"), feed=feed, delimiter=";")
    assert one(found, "written").what == "the delimiter was ',', and is ';'"
    assert one(found, "values").column == "team"
    refused = [change.what for change in found if change.kind == "refused"]
    assert refused == (["its delimiter is ';', and the feed declares ','"] if feed else [])


def test_records_that_cannot_be_read_any_more_are_reported(tmp_path: Path) -> None:
    found = changes(tmp_path, rows=[*ROWS, ["T99"]])
    assert one(found, "rejected").what == "1 of 25 records cannot be read, before 0"


def test_what_is_no_export_is_reported_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_bytes(b"")
    (tmp_path / "old.csv").write_bytes(written(HEADER, ROWS))
    with pytest.raises(UsageError, match=r"new\.csv cannot be used: the file is empty"):
        diff(tmp_path / "old.csv", tmp_path / "new.csv", SMALL)


@settings(max_examples=examples(33))
@given(st.sampled_from([SMALL, DESK]), st.integers(0, 10_000))
def test_a_removed_column_is_gone_and_nothing_else_differs(
    tmp_path_factory: pytest.TempPathFactory, feed: Feed, seed: int
) -> None:
    export = replace(make(feed, bare(feed), Random(seed)), broken=(), last="")
    folder = tmp_path_factory.mktemp("gone")
    place = seed % len(export.names)
    less = replace(
        export,
        names=export.names[:place] + export.names[place + 1 :],
        spelt=export.spelt[:place] + export.spelt[place + 1 :],
    )
    for name, content in (("old.csv", export), ("new.csv", less)):
        (folder / name).write_bytes(content.content(feed))
    found = [
        change for change in diff(folder / "old.csv", folder / "new.csv", feed).changes if change.kind != "refused"
    ]
    assert [(change.kind, change.column) for change in found] == [("gone", export.names[place])]


@settings(max_examples=examples(33))
@given(st.sampled_from([SMALL, DESK]), st.integers(0, 10_000))
def test_an_export_compared_with_itself_is_no_change(
    tmp_path_factory: pytest.TempPathFactory, feed: Feed, seed: int
) -> None:
    path = tmp_path_factory.mktemp("same") / "export.csv"
    path.write_bytes(make(feed, bare(feed), Random(seed)).content(feed))
    assert diff(path, path, feed if seed % 2 else None).changes == []


def test_a_fold_that_fails_on_new_cells_is_reported_with_its_line(tmp_path: Path) -> None:
    fold = lambda cell: str(int(cell) * 60)  # noqa: E731 (as a declaration has it)
    columns = tuple(replace(item, fold=fold) if item.name == "mttr" else item for item in SMALL.columns)
    feed = replace(SMALL, columns=columns)
    found = one(changes(tmp_path, rows=with_cells("mttr", "7", "x"), feed=feed), "rejected")
    assert (found.column, found.cells) == ("mttr", 12)
    assert "its fold fails on 12 of 24 cells: fold of mttr raised ValueError on 'x'" in found.what
    assert f"{__file__}, line {fold.__code__.co_firstlineno}" in found.what
    assert found.consequence.startswith("they are rejected and kept")


def test_the_words_of_a_status_whose_fold_fails_are_compared_without_them(tmp_path: Path) -> None:
    def fold(cell: str) -> str:
        return {"open": "open", "closed": "done"}[cell]

    columns = tuple(replace(item, fold=fold) if item.name == "status" else item for item in SMALL.columns)
    feed = replace(SMALL, columns=columns)
    found = changes(tmp_path, rows=with_cells("status", "open", "parked"), feed=feed)
    assert one(found, "missing").what == "no longer has 'done'"
    assert one(found, "rejected").cells == 12


def test_a_missing_column_with_a_role_refuses_the_export_as_a_run_does(tmp_path: Path) -> None:
    header = tuple("state" if name == "status" else name for name in HEADER)
    found = changes(tmp_path, header)
    assert (found[0].kind, found[0].what) == ("refused", "its header lacks 'status' (status)")
    assert any("until then the export is refused" in change.consequence for change in found if change.kind == "renamed")
