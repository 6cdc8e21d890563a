"""Exports of well-known systems come out right, or with a question; and what they need stands in the declaration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fleetfeed.database import Database, connect
from fleetfeed.database.schema.migrate import migrate
from fleetfeed.reader.export import opened
from tests.kit import MIGRATIONS
from tests.pipeline.test_other_feeds import load
from tests.scaffold.drafts import checked, declared, guessed_of, project
from tests.scaffold.real_exports import EXCEL, GLPI, REAL, TITLES

ANSWERS = {
    "mean closed": "Done",
    "when was": "opened",
    "key": "id",
    "created looks": "%d.%m.%Y",
    "closed looks": "%d.%m.%Y",
    "opened looks": "%d.%m.%Y",
}


@pytest.fixture(scope="module")
def database(new_database: Callable[[str | None], str], migrated: str) -> Iterator[Database]:
    with connect(new_database(migrated), "real exports") as db:
        yield db


@pytest.mark.parametrize("name", REAL)
def test_a_real_export_comes_out_right_or_with_a_question(tmp_path: Path, name: str) -> None:
    real = REAL[name]
    made = guessed_of(tmp_path, real.content.encode())
    text = made.files["__init__.py"].decode()
    assert made.parts.key == real.key or made.parts.key.startswith(real.key)
    assert len(made.choices) == len(real.asked), made.choices
    assert [part for part, choice in zip(real.asked, made.choices, strict=True) if part not in choice] == []
    assert {role: made.parts.roles.get(role) for role in real.roles} == real.roles
    assert [part for part in real.declares if part not in text] == []
    assert made.draft.unreadable == 0


@pytest.mark.parametrize("name", [name for name, real in REAL.items() if not real.asked])
def test_a_feed_of_a_real_export_is_sound_and_reads_every_record(tmp_path: Path, name: str) -> None:
    made = guessed_of(tmp_path, REAL[name].content.encode())
    project(tmp_path, made)
    found = checked(tmp_path)
    assert found.mistakes == []
    assert found.feed is not None
    with opened(found.feed, tmp_path / "export.csv") as export:
        assert export.rejects == []
        assert export.unknown_columns == []


def test_spreadsheet_cells_load_as_the_values_they_show(database: Database, tmp_path: Path) -> None:
    feed = declared(guessed_of(tmp_path, EXCEL.encode(), "sheet"), {})
    migrate(database, MIGRATIONS, [feed])
    path = tmp_path / "export.csv"
    path.write_text(EXCEL.removeprefix("sep=;\n"))
    load(database, feed, path)
    rows = database.all("SELECT ticket_id, hours, costs FROM tickets.sheet ORDER BY 1")
    assert rows == [("0012", "12,5", 1234), ("0013", "2", None), ("0014", "0,5", 12)]


def test_what_is_left_out_of_a_guess_is_reported(tmp_path: Path) -> None:
    made = guessed_of(tmp_path, TITLES.encode())
    assert made.notes == (
        "the header is line 4: 3 lines before it are left out",
        "record 3, which begins 'Grand Total', is a total or the end of a report: "
        "a run rejects it, as long as it has neither status nor times",
    )
    made = guessed_of(tmp_path, EXCEL.encode())
    assert "the delimiter at the end of each line is ignored: it makes no column" in made.notes
    text = "id,status,begun\nT7,open,\n,,\nid,status,begun\nT8,open,\n"
    made = guessed_of(tmp_path, text.encode())
    assert made.draft.records == 2
    assert [note.split(":")[0] for note in made.notes] == [
        "record 2 is an empty record",
        "record 3, which begins 'id', is the header once more",
    ]


def test_titles_need_no_skip_even_where_one_holds_the_name_of_the_key(tmp_path: Path) -> None:
    made = guessed_of(tmp_path, TITLES.encode())
    assert "skip=" not in made.files["__init__.py"].decode()
    text = "Ticket No,is not,empty\n" + TITLES.replace(";", ",").split("\n", 3)[3].replace("Status", "Status,Note")
    text = text.replace("Closed,0", "Closed,,0").replace("Open,1", "Open,,1")
    made = guessed_of(tmp_path, text.encode())
    assert "skip=" not in made.files["__init__.py"].decode()  # the header names most of the columns
    project(tmp_path, made)
    assert checked(tmp_path).mistakes == []


def test_a_feed_of_which_only_open_tickets_are_exported_is_sound(tmp_path: Path) -> None:
    content = GLPI.replace('"Requester"', '"Closing date"').replace('"Ann"', "").replace('"Ben"', "")
    made = guessed_of(tmp_path, content.encode())
    made.files["__init__.py"] = made.files["__init__.py"].replace(
        f"choose({made.choices[0]!r})".replace("'", '"').encode(), b'"Closed"'
    )
    assert len(made.choices) == 1
    project(tmp_path, made)
    found = checked(tmp_path)
    assert found.mistakes == []
    (note,) = (note for note in found.notes if "closed one" in note.what)
    assert note.what == ("no status in sample.csv is a closed one; it has 'New', 'Pending', 'Processing (assigned)'")
    assert "none has a time in 'closing_date'" in note.hint
