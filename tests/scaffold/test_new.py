"""A new feed is a folder that a person can read, that is sound and that loads."""

from __future__ import annotations

import ast
import stat
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetfeed import Feed, Moment
from fleetfeed.database import Database, connect
from fleetfeed.database.schema.migrate import migrate
from fleetfeed.errors import UsageError
from fleetfeed.feed.names import RESERVED
from fleetfeed.scaffold.folder import write
from fleetfeed.scaffold.new import check_name, new_feed
from fleetfeed.testing.feed.sample_table import read
from tests.kit import MIGRATIONS, ROOT, examples
from tests.pipeline.test_other_feeds import HEADER, ONE, OTHER, load
from tests.reader.samples import written
from tests.scaffold.drafts import ZONE, checked, declared, guessed, guessed_of, plugin, project

START = datetime(2026, 11, 1, 8, 5)  # noqa: DTZ001 (as an export writes it)
FORMATS = ("%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M", "%m/%d/%Y %H:%M", "%Y-%m-%dT%H:%M:%S%z")


@pytest.fixture(scope="module")
def database(new_database: Callable[[str | None], str], migrated: str) -> Iterator[Database]:
    with connect(new_database(migrated), "scaffold") as db:
        yield db


def test_the_example_of_a_feed_without_an_export_is_sound(tmp_path: Path) -> None:
    project(tmp_path, new_feed("thing", None, "Europe/Berlin"))
    found = checked(tmp_path)
    assert (found.mistakes, found.notes) == ([], [])
    assert plugin(tmp_path).feed == found.feed
    assert found.feed is not None
    assert {column.zone for column in found.feed.columns if isinstance(column, Moment)} == {"Europe/Berlin"}


def test_a_choice_that_is_left_keeps_the_feed_from_loading(tmp_path: Path) -> None:
    rows = [(f"T{n}", word, "2026-11-03 08:10", "") for n, word in enumerate(["Closed", "Resolved", "New"])]
    made = guessed(tmp_path, ("id", "status", "opened_at", "closed_at"), rows)
    file = project(tmp_path, made)
    assert plugin(tmp_path).feed is None
    assert f"{file}, line " in plugin(tmp_path).error
    assert "a choice is left to you: does 'Resolved' mean closed?" in plugin(tmp_path).error
    assert declared(made, {"Resolved": "Resolved"}).roles.closed_statuses == ("Closed", "Resolved")


words = st.text(st.characters(codec="cp1252", categories=["L", "N", "P", "Zs"]), min_size=1, max_size=12)
tickets = st.lists(
    st.tuples(st.sampled_from(["open", "in work", "closed"]), st.integers(0, 10_000), words, st.booleans()),
    min_size=2,
    max_size=12,
)


@settings(max_examples=examples(25))
@given(tickets, st.sampled_from(FORMATS), st.sampled_from(",;\t|"), st.sampled_from(["utf-8", "cp1252", "utf-16"]))
def test_a_feed_guessed_from_an_export_of_a_plain_shape_is_sound(
    tmp_path_factory: pytest.TempPathFactory,
    drawn: list[tuple[str, int, str, bool]],
    form: str,
    delimiter: str,
    encoding: str,
) -> None:
    folder = tmp_path_factory.mktemp("plain")
    zone = "+0300" if "%z" in form else ""
    rows = []
    for number, (status, minutes, place, urgent) in enumerate([*drawn, ("closed", 40_000, "Hall", True)]):
        begun = START + timedelta(minutes=minutes)
        closed = (begun + timedelta(days=17)).strftime(form) + zone if status == "closed" else ""
        rows.append((f"T-{100 + number}", status, begun.strftime(form) + zone, closed, place, str(urgent)))
    made = guessed(
        folder, ("Ticket No", "Status", "Opened at", "Closed at", "Place", "Urgent"), rows, delimiter, encoding
    )
    assert made.choices == []
    project(folder, made)
    found = checked(folder)
    assert found.mistakes == []
    assert found.feed is not None
    assert (found.feed.key, found.feed.roles.closed_statuses) == ("ticket_no", ("closed",))


def test_the_sample_has_every_column_word_and_version(tmp_path: Path) -> None:
    rows = [("T1", "open", "2026-11-01 08:05", "", "")] * 500
    rows += [("T2", "open", "2026-11-01 08:05", "", "?"), ("T3", "closed", "", "", ""), ("T4", "", "", "rare", "")]
    rows += [("T5", word, f"2026-11-0{day} 08:05", "", "") for day, word in ((1, "open"), (2, "parked"), (3, "open"))]
    made = guessed(tmp_path, ("id", "status", "updated_at", "note", "empty"), rows, ";", "cp1252")
    feed = declared(made, {"closed?": "updated_at", "begin": "updated_at"})
    sample = read(feed, made.files["sample.csv"])
    assert sample.values("status") == ["open", "closed", "parked"]
    assert sample.values("note") == ["rare"]
    assert [row["id"] for row in sample.rows].count("T5") == 3
    assert len(sample.rows) < 12


@pytest.mark.parametrize("name", ["inc", "crq"])
def test_what_fleetfeed_brings_along_is_guessed_from_its_sample_and_loads(
    database: Database, tmp_path: Path, name: str
) -> None:
    sample = ROOT / "feeds" / name / "sample.csv"
    made = guessed_of(tmp_path, sample.read_bytes(), f"guessed_{name}")
    feed = declared(made, {"'failed'": "failed"})
    migrate(database, MIGRATIONS, [feed])
    report = load(database, feed, sample)
    bad = {guess.name for guess in made.draft.columns if guess.bad}
    assert report.rows.inserted > 100
    assert {*report.changes.unreadable} <= bad | {"latitude", "longitude"}  # coordinates of the sample outside Kenya


def test_the_format_that_diff_names_reads_the_other_spelling(database: Database, tmp_path: Path) -> None:
    made = guessed_of(tmp_path, written(HEADER, ONE), "guessed_desk")
    assert (made.draft.nulls, made.parts.key, made.parts.winner) == (("?",), "number", ("updated",))
    text = made.files["__init__.py"].decode()
    text = text.replace('TIMES = ("%d-%m-%Y %H:%M",)', 'TIMES = ("%d-%m-%Y %H:%M", "%d/%m/%Y %H:%M")')
    made.files["__init__.py"] = text.encode()
    feed = declared(made, {})
    migrate(database, MIGRATIONS, [feed])
    for name, rows in (("one.csv", ONE), ("other.csv", OTHER)):
        (tmp_path / name).write_bytes(written(HEADER, rows))
        report = load(database, feed, tmp_path / name)
        assert report.changes.unreadable == {}
    assert (report.rows.unchanged, report.rows.updated, report.rows.inserted) == (2, 0, 0)


def test_a_header_of_any_text_makes_a_declaration_that_python_reads(tmp_path: Path) -> None:
    odd = ['say "x"', "back\\slash", "new\nline", "\u202eright", "💥", "{}", "'", "#", "%s", "状態"]
    made = guessed(tmp_path, ["id", *odd], [("T1", *odd), ("T2", *odd)])
    text = made.files["__init__.py"].decode()
    assert "\u202e" not in text
    feed = project(tmp_path, made)
    assert ast.parse(feed.read_bytes())
    assert {mistake.what.split(":")[0] for mistake in checked(tmp_path).mistakes} == {"a choice is left to you"}


@pytest.mark.parametrize("name", ["", "Water", "1st", "a-b", "a b", "x" * 32, "../x", "_x", *sorted(RESERVED)[:2]])
def test_a_name_that_no_feed_can_have_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        check_name(name)


NO_EXPORT = {
    b"": "the file is empty",
    b"id,status\n": "it holds only a header, and no record",
    b"\n\n": "the file holds no header, only blank lines",
    b"hello world\nhow are you\n": "its first line is one column only",
    b"{}": "it looks like JSON",
    b"<html>": "it looks like HTML or XML",
    b"%PDF-1.4,\x01\n1,2\n": "it looks like PDF",
    b'[{"id": 1}]': "it looks like JSON",
    b"id,status\n,\n,\n": "none of its 2 records is a ticket",
    b"PK\x03\x04\x00\x00": "it looks like a ZIP file",
    b"\x1f\x8b\x08\xff\xfe": "it looks like gzip bytes",
    b"id,\x01\n1,2\n": "it contains control characters",
    b'id,x\n1,"a\n2,b\n': "opens a quote that is not closed",
    b"id,x,y\n1,2\n": "no record that can be read (its header has 3 names, the first record 2 fields)",
}


@pytest.mark.parametrize("content", NO_EXPORT)
def test_what_is_no_export_is_reported_with_what_it_is(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UsageError) as caught:
        guessed_of(tmp_path, content)
    assert caught.value.cause.startswith(f"{tmp_path}/export.csv cannot be used: ")
    assert NO_EXPORT[content] in caught.value.cause


def test_a_file_that_is_not_there_or_is_a_folder_is_reported(tmp_path: Path) -> None:
    for path, why in ((tmp_path / "gone.csv", "it does not exist"), (tmp_path, "it is not a file")):
        with pytest.raises(UsageError, match=why):
            new_feed("thing", path, ZONE)


def test_nothing_is_overwritten_and_nothing_half_done_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "feeds" / "thing"
    write(folder, {"a": b"1"})
    with pytest.raises(UsageError, match="already"):
        write(folder, {"a": b"2"})
    assert (folder / "a").read_bytes() == b"1"
    (tmp_path / "feeds" / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="already"):
        write(tmp_path / "feeds" / "link", {"a": b"2"})
    with pytest.raises(UsageError, match="cannot be written"):
        write(tmp_path / "feeds" / "half", {"a": b"1", "no/such/folder": b"2"})
    assert not (tmp_path / "feeds" / "half").exists()
    assert stat.S_ISDIR(folder.stat().st_mode)


def test_a_feed_that_is_written_has_a_test_that_names_it(tmp_path: Path) -> None:
    made = new_feed("water", None, ZONE)
    assert 'test_feed = conformance("water")' in made.files["test_water.py"].decode()
    feed = declared(made, {})
    assert isinstance(feed, Feed)
    assert feed.name == "water"
