"""What is guessed of an export: how it is written, what its columns are, which part each plays."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reader.samples import written
from tests.scaffold.drafts import guessed, guessed_of, kinds, only

HEADER = ("Ticket No.", "State", "Opened", "closed_at", "changed_at", "Paid", "visits", "Lat", "lon", "plot", "note")


ROW = ("T-1", "New", "03.11.2026 08:10", "", "2026-11-03 08:10:00", "YES", "2", "-1.29", "36.8", "007", "?")


OTHER = (
    "T-2",
    "Closed",
    "14.11.2026 08:10",
    "2026-11-15 10:00",
    "2026-11-15 10:00",
    "no",
    "3.0",
    "-1.3",
    "36.9",
    "12",
    "x",
)


def test_each_column_is_of_the_kind_that_its_cells_say(tmp_path: Path) -> None:
    made = guessed(tmp_path, HEADER, [ROW, OTHER])
    assert kinds(made) == {
        "ticket_no": "Text",
        "state": "Text",
        "opened": "Moment",
        "closed_at": "Moment",
        "changed_at": "Moment",
        "paid": "YesNo",
        "visits": "Whole",
        "lat": "Degrees",
        "lon": "Degrees",
        "plot": "Text",  # its zeros would be lost
        "note": "Text",
    }
    assert made.parts.key == "ticket_no"
    assert made.draft.nulls == ("?",)
    assert made.draft.headers == {
        "Ticket No.": "ticket_no", "State": "state", "Opened": "opened", "Paid": "paid", "Lat": "lat"
    }  # fmt: skip
    assert made.parts.winner == made.parts.bookkeeping == ("changed_at",)
    assert made.parts.roles == {
        "status": "state",
        "closed_statuses": ("Closed",),
        "closed": "closed_at",
        "created": ("opened",),
        "latitude": "lat",
        "longitude": "lon",
    }


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
def test_delimiter_and_encoding_are_found_out(tmp_path: Path, delimiter: str, encoding: str) -> None:
    rows = [ROW, (*OTHER[:-1], "Café, Straße; a|b")]
    made = guessed(tmp_path, HEADER, rows, delimiter, encoding)
    assert made.draft.dialect.delimiter == delimiter
    assert made.draft.dialect.encoding == encoding.removesuffix("-sig")
    sample = made.files["sample.csv"].decode(made.draft.dialect.encoding)
    assert "Café, Straße; a|b" in sample


def test_a_byte_that_is_broken_does_not_make_another_encoding_of_utf8(tmp_path: Path) -> None:
    content = written(("id", "place"), [("T1", "Straße"), ("T2", "Café"), ("T3", "Ort")])
    made = guessed_of(tmp_path, content.replace(b"Ort", b"O\xfft"))
    assert (made.draft.dialect.encoding, made.draft.records, made.draft.unreadable) == ("utf-8", 2, 1)


def test_almost_all_cells_decide_the_kind_and_the_others_are_counted(tmp_path: Path) -> None:
    assert only(tmp_path, "count", [*map(str, range(99)), "many"]) == ("Whole", (), 1)
    assert only(tmp_path, "count", [*map(str, range(9)), "many"])[0] == "Text"


def test_halves_are_no_whole_numbers_and_long_numbers_are_text(tmp_path: Path) -> None:
    assert only(tmp_path, "hours", ["1", "2.5"])[0] == "Text"
    assert only(tmp_path, "phone", ["254700123456", "254700123457"])[0] == "Text"


def test_words_for_nothing_are_nulls_only_where_nobody_could_mean_them(tmp_path: Path) -> None:
    header = ("id", "closed_at", "risk")
    made = guessed(tmp_path, header, [("T1", "-", "none"), ("T2", "2026-11-03 08:10", "high"), ("T3", "N/A", "none")])
    assert made.draft.nulls == ("-", "N/A")
    assert kinds(made)["closed_at"] == "Moment"


def test_a_status_that_is_spelt_in_several_ways_is_folded(tmp_path: Path) -> None:
    made = guessed(tmp_path, ("id", "status"), [("T1", "Closed"), ("T2", "CLOSED"), ("T3", "open")])
    assert 'Text("status", fold=str.lower)' in made.files["__init__.py"].decode()
    assert made.parts.roles["closed_statuses"] == ("closed",)


def test_what_no_column_says_is_left_to_a_person(tmp_path: Path) -> None:
    made = guessed(tmp_path, ("a", "b", "c"), [("x", "y", "z"), ("x", "w", "z")])
    asked = ["which column names a ticket", "which column is the status", "which words", "when was", "when did"]
    assert [part for part in asked if not any(part in choice for choice in made.choices)] == []


def test_names_that_a_table_has_already_get_another_one(tmp_path: Path) -> None:
    header = ("number", "raw", "Latitude", "ticket_id", "1st", "straße", "Status", "status", "p_limit")
    made = guessed(tmp_path, header, [(f"T{n}", "a", "north", "b", "c", "d", "e", "f", "g") for n in range(3)])
    names = [
        "number",
        "export_raw",
        "export_latitude",
        "export_ticket_id",
        "column_1st",
        "strasse",
        "status_2",
        "status",
    ]
    assert [guess.name for guess in made.draft.columns] == [*names, "export_p_limit"]


SIGNS = {
    ("12,0", "3"): (",", "."),
    ("1.234,0", "12,00", "1.500,00"): (",", "."),
    ("1.234,0", "12,0", "1.234"): (",", "."),
    ("1.234.567", "500"): (",", "."),
    ("1,234.00", "12.00"): (".", ","),
    ("1,234,567",): (".", ","),
    ("1 234,0", "12,0"): (",", " "),
    ("1'234.00",): (".", "'"),
    ("500", "12"): ("", ""),
}


@pytest.mark.parametrize("cells", SIGNS)
def test_signs_of_numbers_are_guessed_where_a_cell_proves_them(tmp_path: Path, cells: tuple[str, ...]) -> None:
    made = guessed(tmp_path, ("id", "costs"), [(f"T{n}", cell) for n, cell in enumerate(cells)], ";")
    guess = made.draft.columns[1]
    assert (guess.kind, tuple(guess.signs), guess.bad) == ("Whole", SIGNS[cells], 0)


@pytest.mark.parametrize(
    "cells", [("1.234", "2.5"), ("12 345", "254 700 123"), ("1.2.3", "1.2.4"), ("10.20.30.40",), ("1,2,3",), ("01,5",)]
)
def test_what_may_be_no_number_or_would_be_rounded_stays_text(tmp_path: Path, cells: tuple[str, ...]) -> None:
    assert only(tmp_path, "amount", cells)[0] == "Text"


@pytest.mark.parametrize(
    "cells",
    [
        ("1.5", "2.25", "0.4"),
        ("1.234,50", "12,5", "3,75"),
        ("1,234.50", "12.4", "0.3"),
        ("1 234,5", "12,5"),
        ("1'234.50",),
        ("12,5", "3"),
        ("-0,5", "-1.000,0"),
        ("1,234", "2,5"),
        (*["1.000,00"] * 99, "0,01"),
    ],
)
def test_numbers_with_fractions_are_text_by_whatever_signs(tmp_path: Path, cells: tuple[str, ...]) -> None:
    made = guessed(tmp_path, ("id", "costs"), [(f"T{n}", cell) for n, cell in enumerate(cells)], ";")
    guess = made.draft.columns[1]
    assert (guess.kind, tuple(guess.signs), guess.bad) == ("Text", ("", ""), 0)


@pytest.mark.parametrize(("cell", "sign", "other"), [("1.234", ".", ","), ("1,234", ",", ".")])
def test_a_number_that_could_be_read_in_two_ways_is_asked_about(
    tmp_path: Path, cell: str, sign: str, other: str
) -> None:
    made = guessed(tmp_path, ("id", "costs"), [("T1", cell), ("T2", "12")], ";")
    question = (
        f"is {cell!r} 1234? Then decimal={other!r}, thousands={sign!r}. If it is 1.234: Text, as a Whole rounds it"
    )
    assert question in made.choices
    assert made.files["__init__.py"].decode().count(question) == 1


def test_coordinates_with_a_decimal_comma_are_degrees(tmp_path: Path) -> None:
    made = guessed(tmp_path, ("id", "lat", "lon"), [("T1", "-1,2921", "36,8219"), ("T2", "-1,3", "36,9")], ";")
    text = made.files["__init__.py"].decode()
    assert 'Degrees("lat", decimal=",")' in text
    assert 'Degrees("lon", decimal=",")' in text


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("turned", [False, True])
def test_a_column_that_only_counts_is_no_key_without_asking(tmp_path: Path, first: int, turned: bool) -> None:
    numbers = list(range(first, first + 5))[:: -1 if turned else 1]
    rows = [(str(number), f"9{number * 71 + 100}", "open") for number in numbers]
    made = guessed(tmp_path, ("id", "status"), [(row[0], row[2]) for row in rows])
    assert "which column names a ticket" in made.parts.key
    assert made.parts.key.endswith("; id only numbers the records")
    assert guessed(tmp_path, ("id", "ticket_no", "status"), rows).parts.key == "ticket_no"


def test_a_column_without_a_name_is_no_key_without_asking(tmp_path: Path) -> None:
    rows = [(f"T-{n * 31}", "open", "x") for n in range(4)]
    assert guessed(tmp_path, ("", "status", "note"), rows).parts.key.endswith("; column_1 has no name")


@pytest.mark.parametrize(
    "cell", ["POINT (-122.4 37.7)", "{'latitude': '1.5', 'longitude': '2.5'}", "1.5, 36.25", "(1.5, 2.25)"]
)
def test_coordinates_are_not_taken_for_the_name_of_a_place(tmp_path: Path, cell: str) -> None:
    made = guessed(tmp_path, ("id", "location", "street_address"), [("T1", cell, "1 Elm"), ("T2", cell, "2 Elm")])
    assert made.parts.roles["location"] == "street_address"
    made = guessed(tmp_path, ("id", "location"), [("T1", cell), ("T2", cell)])
    assert "location" not in made.parts.roles
