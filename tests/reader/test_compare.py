"""Which rows differ from the table, and which tickets are gone or back."""

from __future__ import annotations

from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetfeed.reader.comparison import Comparison
from fleetfeed.reader.export import Export
from tests.kit import examples
from tests.reader.samples import NARROW, any_text, read, rows_of, written

HEADER = ("id", "status", "place", "junk")
ROWS = [("1", "open", "Kilimani", "a"), ("2", "open", "Moi Avenue", "b"), ("3", "closed", "", "c")]
texts = any_text.map(lambda text: text.replace("\0", "").replace("\r", ""))
Known = list[tuple[str, str, bool, bool]]


def digests(content: bytes) -> dict[str | None, str]:
    return {row.key: row.digest for row in rows_of(content)}


def compared(export: Export, known: Known) -> Comparison:
    """Compare with what a database would have written, COPY style."""
    path = export.spool.path.with_suffix(".known")
    with path.open("w", newline="", encoding="utf-8") as file:
        file.write("ticket_id,digest,open,absent\n")
        for key, digest, *flags in known:
            quoted = (
                '"' + key.replace('"', '""') + '"' if any(char in key for char in '",\n\r') or key == "\\." else key
            )
            file.write(",".join([quoted, digest, *("ft"[flag] for flag in flags)]) + "\n")
    return export.compare(path)


def changed(comparison: Comparison) -> list[str | None]:
    """Return the keys of the changed rows."""
    return [row.key for row in comparison.changed()]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2)])
def test_a_digest_does_not_depend_on_the_order_of_columns_or_rows(order: tuple[int, ...]) -> None:
    moved = [[row[place] for place in order] for row in reversed(ROWS)]
    assert digests(written([HEADER[place] for place in order], moved)) == digests(written(HEADER, ROWS))


def test_a_digest_does_not_depend_on_ignored_columns_or_line_ends() -> None:
    plain = digests(written(HEADER, ROWS))
    assert digests(written(HEADER, [(*row[:3], "other") for row in ROWS], "\r\n")) == plain
    assert digests(written(HEADER[:3], [row[:3] for row in ROWS])) == plain


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (HEADER, ("1", "Kilimani", "open", "a")),
        (HEADER, ("1", "open", None, "a")),
        (HEADER, ("1", "openKilimani", "", "a")),
        (HEADER, ("1", "", "openKilimani", "a")),
        (HEADER, ("1", "open", "kilimani", "a")),
        (("id", "place", "status", "junk"), ("1", "open", "Kilimani", "a")),
        (("id", "status", "where", "junk"), ("1", "open", "Kilimani", "a")),
        ((*HEADER, "more"), ("1", "open", "Kilimani", "a", "x")),
    ],
)
def test_a_digest_differs_when_a_cell_does_or_moves_to_another_column(
    header: tuple[str, ...], row: tuple[str | None, ...]
) -> None:
    assert digests(written(header, [row]))["1"] != digests(written(HEADER, ROWS))["1"]


@settings(max_examples=examples(12))
@given(st.lists(st.tuples(texts, texts), min_size=2, max_size=8))
def test_digests_are_equal_exactly_where_the_cells_are(rows: list[tuple[str, str]]) -> None:
    content = written(HEADER, [(str(number), *cells, "") for number, cells in enumerate(rows)])
    same_key = written(HEADER, [("", *cells, "") for cells in rows])  # no key, so none supersedes another
    assert len({row.digest for row in rows_of(same_key)}) == len(set(rows))
    assert len({row.digest for row in rows_of(content)}) == len(rows)


@settings(max_examples=examples(12))
@given(st.dictionaries(texts.filter(str.strip).map(str.strip), st.sampled_from(["same", "other", "null", "new"])))
def test_the_changed_rows_are_exactly_those_that_differ(fates: dict[str, str]) -> None:
    content = written(HEADER, [(key, "open", "", "") for key in fates])
    now = digests(content)
    old = {"other": str(uuid4()), "null": ""}
    known = [(key, old.get(fate, now[key]), True, False) for key, fate in fates.items() if fate != "new"]
    with read(content) as export:
        comparison = compared(export, known)
        assert changed(comparison) == [key for key, fate in fates.items() if fate != "same"]
        assert comparison.unchanged() == list(fates.values()).count("same")
        assert comparison.vanished((), ()) == list(comparison.returned()) == []


def test_nothing_known_makes_every_row_a_change() -> None:
    with read(written(HEADER, ROWS)) as export:
        comparison = compared(export, [])
        assert changed(comparison) == ["1", "2", "3"]
        assert comparison.unchanged() == 0


def test_a_superseded_record_is_not_unchanged_though_the_database_holds_it() -> None:
    old = digests(b"id,status,touched\n1,open,2026-11-19 10:00\n")["1"]
    with read(b"id,status,touched\n1,open,2026-11-19 10:00\n1,closed,2026-11-19 11:00\n") as export:
        comparison = compared(export, [("1", old or "", True, False)])
        assert changed(comparison) == ["1"]
        assert (comparison.unchanged(), export.superseded) == (0, 1)


def test_open_present_tickets_that_are_not_listed_have_vanished() -> None:
    known: Known = [
        ("1", "", True, False),  # listed
        ("closed", "", False, False),
        ("absent", "", True, True),
        ("gone", "", True, False),
        ('gone, "too"\n', "", True, False),
    ]
    with read(written(HEADER, ROWS)) as export:
        comparison = compared(export, known)
        assert sorted(comparison.vanished((), ())) == ["gone", 'gone, "too"\n']
        assert comparison.open() == 3


def test_superseded_and_padded_records_still_list_their_ticket() -> None:
    with read(b"id,status\n\xc2\xa01 ,open\n1,closed\n") as export:
        assert compared(export, [("1", "", True, False)]).vanished((), ()) == []


def test_seen_tickets_never_vanish_but_dropped_ones_do() -> None:
    known: Known = [(key, "", True, False) for key in ("1", "2", "3", "renamed")]
    with read(written(HEADER, ROWS)) as export:
        assert compared(export, known).vanished(dropped={"1", "2"}, seen={"renamed", "2"}) == ["1"]


def test_absent_tickets_whose_row_is_there_unchanged_have_returned() -> None:
    content = written(HEADER, ROWS)
    now = digests(content)
    known: Known = [("1", now["1"], True, True), ("2", str(uuid4()), True, True), ("3", now["3"], False, False)]
    with read(content) as export:
        comparison = compared(export, [*known, ("gone", "", True, True)])
        assert changed(comparison) == ["2"]
        assert list(comparison.returned()) == ["1"]


def test_rows_held_to_be_unchanged_compete_again_when_their_key_is_met() -> None:
    content = written(HEADER, ROWS)
    now = digests(content)
    with read(content) as export:
        comparison = compared(export, [(key or "", digest, True, False) for key, digest in now.items()])
        assert changed(comparison) == []
        assert [row.key for row in comparison.unchanged_of({"2", "not there"})] == ["2"]
        assert comparison.unchanged() == 2
        assert list(comparison.unchanged_of({"2"})) == []


def test_what_postgresql_writes_for_odd_keys_is_understood() -> None:
    odd = ["\\.", "\\N", '"', 'a"b', "a,b", "a\nb", "'", "é", "NULL", "t"]
    with read(written(HEADER, [(key, "open", "", "") for key in odd])) as export:
        assert compared(export, [(key, "", True, False) for key in odd]).vanished((), ()) == []


def test_a_changed_row_that_begins_like_a_bom_keeps_its_first_cell() -> None:
    rows = [(f"T{number}", "open", "", "") for number in range(20)] + [("\ufeffT20", "open", "new", "")]
    content = written(HEADER, rows)
    now = digests(content)
    with read(content, NARROW) as export:
        comparison = compared(export, [(key or "", now[key], True, False) for key in now if key != "\ufeffT20"])
        (row,) = comparison.changed()
    assert (row.key, row.values["id"]) == ("\ufeffT20", "\ufeffT20")
