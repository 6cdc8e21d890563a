"""How times are guessed: their formats, and which one opens, closes or dates a ticket."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scaffold.drafts import guessed, kinds, only

TIMES = {
    "2026-11-03 08:10:00": (),
    "2026-11-03T08:10": (),
    "2026-11-03": ("%Y-%m-%d",),
    "2026-11-03T08:10:00Z": ("%Y-%m-%dT%H:%M:%S%z",),
    "2026-11-03T08:10:00.123+03:00": ("%Y-%m-%dT%H:%M:%S.%f%z",),
    "31/12/2026": ("%d/%m/%Y",),
    "12/31/2026 08:10": ("%m/%d/%Y %H:%M",),
    "31.12.26 08:10": ("%d.%m.%y %H:%M",),
    "31-Dec-2026 08:10": ("%d-%b-%Y %H:%M",),
    "31 December 2026": ("%d %B %Y",),
    "Dec 31, 2026, 08:10 PM": ("%b %d, %Y, %I:%M %p",),
    "20261103T08:10": ("%Y%m%dT%H:%M",),
    "20261103T081000Z": ("%Y%m%dT%H%M%S%z",),
    "2026-11-03  08:10": ("%Y-%m-%d %H:%M",),
    "2026-11-03 08:10:00.1234560": ("%Y-%m-%d %H:%M:%S.%f0",),
    "2026-11-03 08:10:00 UTC": ("%Y-%m-%d %H:%M:%S UTC",),
    "03 Nov 2026 08:10 GMT": ("%d %b %Y %H:%M GMT",),
    "11/20/2026 10:00:00\u202fPM": ("%m/%d/%Y %I:%M:%S %p",),
    "15/Aug/23 6:12 PM": ("%d/%b/%y %I:%M %p",),
    "Mon, 03 Nov 2025 10:00:00 +0000": ("%a, %d %b %Y %H:%M:%S %z",),
    "Tuesday 3 November 2026": ("%A %d %B %Y",),
    "Tue Nov  3 08:10:00 2026": ("%a %b %d %H:%M:%S %Y",),
}


@pytest.mark.parametrize("text", TIMES)
def test_times_are_read_in_the_format_in_which_they_are_written(tmp_path: Path, text: str) -> None:
    assert only(tmp_path, "at", [text, text]) == ("Moment", TIMES[text], 0)


@pytest.mark.parametrize("text", ["20261103", "31/31/2026", "soon", "1.5", "12:30", "2026", "1/2", "03/11/1950"])
def test_what_is_no_time_is_not_taken_for_one(tmp_path: Path, text: str) -> None:
    assert only(tmp_path, "at", [text, text])[0] != "Moment"


def test_day_or_month_is_decided_by_other_columns_or_by_a_person(tmp_path: Path) -> None:
    header = ("id", "begun_at", "ended_at")
    made = guessed(tmp_path, header, [("T1", "05/03/2026", "31.03.2026"), ("T2", "06/03/2026", "05.03.2026")])
    assert [guess.formats for guess in made.draft.columns[1:]] == [("%d/%m/%Y",), ("%d.%m.%Y",)]
    made = guessed(tmp_path, header, [("T1", "05/03/2026", "04/03/2026"), ("T2", "06/03/2026", "")])
    question = "no day is beyond the 12th: is it day first, '%d/%m/%Y', or month first, '%m/%d/%Y'?"
    assert question in made.choices
    assert made.files["__init__.py"].decode().count(question) == 1


def test_several_formats_in_one_column_are_all_declared(tmp_path: Path) -> None:
    cells = ["31/12/2026 08:10", "31/12/2026 08:11", "31-12-2026", "2026-12-31 10:00"]
    assert only(tmp_path, "at", cells) == ("Moment", ("%d/%m/%Y %H:%M", "%d-%m-%Y"), 0)


def test_an_empty_column_that_is_called_like_a_time_is_one(tmp_path: Path) -> None:
    made = guessed(tmp_path, ("id", "begun", "closed_at"), [("T1", "31/12/2026", ""), ("T2", "01/12/2026", "")])
    assert (made.draft.columns[2].kind, made.draft.columns[2].formats) == ("Moment", ("%d/%m/%Y",))


@pytest.mark.parametrize("name", ["Closed", "Resolved", "Solved on", "Date closed", "Closed dt", "finished"])
def test_an_empty_column_that_is_called_closed_is_the_closing_time(tmp_path: Path, name: str) -> None:
    made = guessed(tmp_path, ("id", "Created", name), [("T1", "2026-11-03 08:10", ""), ("T2", "2026-11-04 08:10", "")])
    guess = made.draft.columns[2]
    assert (guess.kind, made.parts.roles["closed"], made.parts.roles["created"]) == ("Moment", guess.name, ("created",))


@pytest.mark.parametrize("name", ["closed_by", "close_code", "resolution", "opened_by"])
def test_an_empty_column_that_is_not_called_like_a_time_is_text(tmp_path: Path, name: str) -> None:
    made = guessed(tmp_path, ("id", "Created", name), [("T1", "2026-11-03 08:10", ""), ("T2", "2026-11-04 08:10", "")])
    assert kinds(made)[name] == "Text"
    assert (
        made.parts.roles["closed"] == "when was a ticket closed? (no column looks like it; None if no column says it)"
    )


def test_a_time_with_cells_is_preferred_to_one_that_is_empty(tmp_path: Path) -> None:
    rows = [("T1", "", "2026-11-03 08:10", "", "2026-11-05 08:10"), ("T2", "", "2026-11-04 08:10", "", "")]
    made = guessed(tmp_path, ("id", "Opened", "Reported", "Closed", "Resolved"), rows)
    assert (made.parts.roles["closed"], made.parts.roles["created"]) == ("resolved", ("reported",))


@pytest.mark.parametrize("name", ["Created", "Opened at", "Date reported"])
def test_a_beginning_with_cells_that_are_no_times_is_asked_by_its_name(tmp_path: Path, name: str) -> None:
    rows = [("T1", "2026-11-03 08:10", "2026-11-05 08:10"), ("T2", "Total: 1", "")]
    made = guessed(tmp_path, ("id", name, "Closed"), rows)
    column = made.draft.columns[1].name
    assert made.parts.roles["closed"] == "closed"
    seen = f"{column} as a Moment (cannot read 1 of 2 cells: 'Total: 1')"
    assert made.parts.roles["created"] == (f"when did a ticket begin? ({seen}?)",)


@pytest.mark.parametrize("name", ["Closed", "Resolved on", "Date solved"])
def test_a_closing_time_with_other_cells_is_asked_before_other_times(tmp_path: Path, name: str) -> None:
    rows = [
        ("T1", "2026-11-03 08:10", "2026-11-05 08:10", "2026-11-05", "Ann"),
        ("T2", "2026-11-04 08:10", "x", "", ""),
    ]
    made = guessed(tmp_path, ("id", "Created", name, "touched", "closed_by"), rows)
    column = made.draft.columns[2].name
    seen = f"{column} as a Moment (cannot read 1 of 2 cells: 'x')"
    assert made.parts.roles["closed"] == f"when was a ticket closed? ({seen}, touched?; None if no column says it)"


PARTLY = ("2026-11-05 08:10", "next week", "2026-11-06", "?!")


@pytest.mark.parametrize(
    ("name", "other"), [("Closed", "Resolved"), ("Closed at", "Closed on"), ("Solved", "Finished on")]
)
def test_a_better_name_with_unreadable_cells_is_not_passed_over(tmp_path: Path, name: str, other: str) -> None:
    rows = [(f"T{n}", "2026-11-03 08:10", cell, "2026-11-07 10:00") for n, cell in enumerate(PARTLY)]
    made = guessed(tmp_path, ("id", "Created", name, other), rows)
    closed, rest = (guess.name for guess in made.draft.columns[2:])
    seen = f"{closed} as a Moment (cannot read 2 of 4 cells: '?!', 'next week')"
    assert made.parts.roles["closed"] == f"when was a ticket closed? ({seen}, {rest}?; None if no column says it)"
    assert made.parts.roles["created"] == ("created",)


@pytest.mark.parametrize(
    ("name", "other"), [("Created", "Reported"), ("Opened", "First seen"), ("Raised", "Create day")]
)
def test_a_better_name_of_a_beginning_is_not_passed_over(tmp_path: Path, name: str, other: str) -> None:
    rows = [(f"T{n}", "2026-11-03 08:10", cell, "2026-11-07 10:00") for n, cell in enumerate(PARTLY)]
    made = guessed(tmp_path, ("id", other, name, "Closed"), rows)
    rest, begun = (guess.name for guess in made.draft.columns[1:3])
    seen = f"{begun} as a Moment (cannot read 2 of 4 cells: '?!', 'next week')"
    assert made.parts.roles["created"] == (f"when did a ticket begin? ({seen}, {rest}?)",)
    assert made.parts.roles["closed"] == "closed"


@pytest.mark.parametrize("name", ["Resolved", "closing_time", "Closed by", "Done"])
def test_a_closing_time_with_the_better_name_is_not_asked_about(tmp_path: Path, name: str) -> None:
    rows = [(f"T{n}", "2026-11-03 08:10", cell, "2026-11-07 10:00") for n, cell in enumerate(PARTLY)]
    assert guessed(tmp_path, ("id", "Created", name, "Closed"), rows).parts.roles["closed"] == "closed"


def test_the_time_that_differs_between_versions_of_a_ticket_wins(tmp_path: Path) -> None:
    rows = [("T1", "2026-11-03 08:10", f"2026-11-0{day} 10:00", "x") for day in (3, 4, 5)] + [("T2", "", "", "x")]
    made = guessed(tmp_path, ("number", "begun", "touched", "note"), rows)
    (choice,) = made.parts.winner
    assert choice == "2 records are another version of a ticket: by which time is one the latest? (touched?)"
    assert guessed(tmp_path, ("number", "begun", "updated", "note"), rows).parts.winner == ("updated",)


UNREAD = {
    "2026-11-03 08:10:00.1234567": "a format that cannot be guessed",
    "3 Dez 2026 10:00": "a format that cannot be guessed",
    "03-janv.-2026": "a format that cannot be guessed",
    "20261103081000": "a format that cannot be guessed",
    "2026-11-03 08:10 Uhr": "a format that cannot be guessed",
    "1762157400": "seconds since 1970",
    "1762157400123": "seconds since 1970",
}


@pytest.mark.parametrize("text", UNREAD)
def test_times_that_nothing_reads_are_asked_about_with_examples(tmp_path: Path, text: str) -> None:
    kind, (choice,), bad = only(tmp_path, "closed_at", [text, text])
    assert (kind, bad) == ("Moment", 2)
    assert choice.startswith(f"closed_at looks like times in {UNREAD[text]} ({text!r}): write ")


@pytest.mark.parametrize("text", ["12 Main Street 44", "v 2.19 at 10:30 h", "1762157400 units", "10.20.30.40"])
def test_what_only_has_numbers_in_it_is_not_said_to_look_like_a_time(tmp_path: Path, text: str) -> None:
    assert only(tmp_path, "note", [text, text]) == ("Text", (), 0)


def test_times_ending_in_utc_are_utc_and_mixtures_ask_for_the_zone(tmp_path: Path) -> None:
    cells = ("2026-11-03 08:10:00 UTC", "2026-11-03 08:11:00 GMT", "2026-11-03T08:10:00Z")
    made = guessed(tmp_path, ("id", "at"), [(f"T{n}", cell) for n, cell in enumerate(cells)])
    assert made.draft.columns[1].zone == "UTC"
    made = guessed(tmp_path, ("id", "at"), [("T1", cells[0]), ("T2", "2026-11-03 08:10:00")])
    assert "some times of at end in UTC, others name no zone: in which zone are those?" in made.choices
