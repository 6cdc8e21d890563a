"""Every mistake of a feed is reported at once, each with its line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetfeed.feed.problems import Problem
from fleetfeed.scaffold.check import Finding
from fleetfeed.scaffold.source_lines import Lines
from tests.scaffold.drafts import checked
from tests.scaffold.planted import GOOD, PLANTED, SAMPLE, TEAM


@pytest.fixture
def plant(tmp_path: Path) -> Callable[[str], Path]:
    """Write the feed, with something else in it."""

    def planted(text: str, sample: str = SAMPLE) -> Path:
        folder = tmp_path / "feeds" / "thing"
        folder.mkdir(parents=True)
        (folder / "sample.csv").write_text(sample)
        (folder / "__init__.py").write_text(text)
        return folder / "__init__.py"

    return planted


def line_of(text: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if "# HERE" in line)


def test_the_feed_in_which_mistakes_are_planted_is_sound(plant: Callable[[str], Path], tmp_path: Path) -> None:
    plant(GOOD)
    found = checked(tmp_path)
    assert (found.mistakes, found.notes) == ([], [])


@pytest.mark.parametrize("what", PLANTED)
def test_each_mistake_is_reported_with_its_line(plant: Callable[[str, str], Path], tmp_path: Path, what: str) -> None:
    there, instead = PLANTED[what]
    assert GOOD.count(there) == 1
    text = GOOD.replace(there, instead)
    if "'boss'" in what:
        text = text.replace(TEAM, f'{TEAM} Untyped("boss"),')
    closed = "closed one" in what
    file = plant(text, SAMPLE.replace("void", "gone") if closed else SAMPLE)
    reported = checked(tmp_path).mistakes
    assert {(mistake.file, mistake.line) for mistake in reported if what in mistake.what} == {
        (str(file), line_of(text))
    }, reported


@given(st.sets(st.sampled_from([what for what in PLANTED if "sample" not in what][:28]), min_size=2, max_size=8))
def test_all_mistakes_are_reported_at_once(tmp_path_factory: pytest.TempPathFactory, kinds: set[str]) -> None:
    text, planted = GOOD, list[str]()
    for what in kinds:
        there, instead = PLANTED[what]
        if text.count(there) == 1:  # another one may have changed that line
            text = text.replace(there, instead.replace("HERE", f"HERE {len(planted)}."))
            planted.append(what)
    if "the owner 'boss' gets no column" in planted:
        text = text.replace("columns=(", 'columns=(Untyped("boss"),', 1)
    folder = tmp_path_factory.mktemp("all")
    file = folder / "feeds" / "thing" / "__init__.py"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    reported = checked(folder, listed=False).mistakes
    lines = text.splitlines()
    for number, what in enumerate(planted):
        line = next(place for place, line in enumerate(lines, 1) if f"# HERE {number}." in line)
        assert line in {mistake.line for mistake in reported if what in mistake.what}, (what, reported)
    assert reported[-1].what == "there is no [feeds.thing]"
    assert reported[-1].file == str(folder / "fleetfeed.toml")


def test_a_declaration_that_lies_elsewhere_is_reported_where_it_lies(
    tmp_path: Path, plant: Callable[[str], Path]
) -> None:
    file = plant("from .parts import FEED\n")
    file.with_name("parts.py").write_text(GOOD.replace('team="team"', 'team="crew"'))
    (mistake,) = checked(tmp_path).mistakes
    assert (mistake.file, mistake.line) == (
        str(file.with_name("parts.py")),
        line_of(GOOD.replace('team="team"', "# HERE")),
    )


def test_mistakes_in_shared_names_are_shown_where_they_are_used(tmp_path: Path, plant: Callable[[str], Path]) -> None:
    text = GOOD.replace('bookkeeping=(\n        "touched",\n    ),', "bookkeeping=tuple(['noth' + 'ing']),  # HERE")
    plant(text)
    (mistake,) = checked(tmp_path).mistakes
    assert (mistake.about, mistake.line) == ("nothing", line_of(text))


def test_of_two_feeds_in_a_file_the_one_that_is_wrong_is_looked_at() -> None:
    text = 'A = Feed(\n    key="x",\n)\nB = Feed(\n    key="x",\n)\n'
    problem = Problem("x", "", part="key")
    assert [Lines(text.encode(), near).of(problem) for near in (0, 1, 4)] == [2, 2, 5]


@given(st.text(max_size=5), st.sampled_from(["", "columns", "roles", "winner", "nothing"]))
def test_whatever_a_problem_is_about_it_has_a_line_of_the_declaration(about: str, part: str) -> None:
    line = Lines(GOOD.encode()).of(Problem(about, "", part=part))
    assert line is not None
    assert 6 <= line <= len(GOOD.splitlines())


def findings(tmp_path: Path, plant: Callable[..., Path], sample: str) -> tuple[list[Finding], list[Finding]]:
    plant(GOOD, sample)
    found = checked(tmp_path)
    return found.mistakes, found.notes


def test_a_sample_that_is_no_export_of_the_feed_is_a_mistake(tmp_path: Path, plant: Callable[..., Path]) -> None:
    mistakes, _ = findings(tmp_path, plant, "<html>")
    assert [mistake.what for mistake in mistakes] == [
        f"{tmp_path}/feeds/thing/sample.csv cannot be used: it is not CSV: it looks like HTML or XML."
    ]


def test_a_sample_that_is_missing_is_a_mistake(tmp_path: Path, plant: Callable[..., Path]) -> None:
    plant(GOOD).with_name("sample.csv").unlink()
    (mistake,) = checked(tmp_path).mistakes
    assert mistake.what == "there is no sample"


def test_what_may_be_meant_so_is_a_note_and_no_mistake(tmp_path: Path, plant: Callable[..., Path]) -> None:
    sample = SAMPLE.replace(",junk", ",more").replace("void", "open").replace("T3,open,b,no,?", "T3,open,b,no,x")
    mistakes, notes = findings(tmp_path, plant, f"{sample}T4,open\n")
    assert mistakes == []
    assert [note.what for note in notes] == [
        "the ignored column 'junk' is not in sample.csv",
        "not declared, so without a column of the table: more",
        "1 of 4 records cannot be read",
        "1 of 3 cells of 'count' are no Whole: 'x'",
        "no status in sample.csv is 'void'; it has 'closed', 'open'",
    ]


def test_unreadable_cells_are_notes_if_the_feed_normalises_itself(tmp_path: Path, plant: Callable[..., Path]) -> None:
    hook = "\n\n@hookimpl(wrapper=True)\ndef feed_normalise(row):\n    return (yield)\n"
    plant(GOOD.replace(TEAM, 'Whole("team"),') + hook)
    found = checked(tmp_path)
    assert found.mistakes == []
    assert [note.what for note in found.notes] == ["3 of 3 cells of 'team' are no Whole: 'b', 'a'"]


def test_a_sample_of_open_tickets_without_closing_times_is_a_note(tmp_path: Path, plant: Callable[..., Path]) -> None:
    plant(
        GOOD.replace('        closed="ended",\n', ""), SAMPLE.replace(",closed,", ",open,").replace(",void,", ",open,")
    )
    found = checked(tmp_path)
    assert found.mistakes == []
    assert [(note.what, note.hint) for note in found.notes] == [
        ("no status in sample.csv is a closed one; it has 'open'", "that is right if each of its tickets is open")
    ]


def test_a_feed_in_which_nothing_closes_is_sound(tmp_path: Path, plant: Callable[..., Path]) -> None:
    text = GOOD.replace('        closed="ended",\n', "").replace('("closed", "void")', "()")
    plant(text.replace('        cancelled_statuses=("void",),\n', ""))
    found = checked(tmp_path)
    assert (found.mistakes, found.notes) == ([], [])


def test_a_header_that_is_like_a_missing_column_is_hinted_at(tmp_path: Path, plant: Callable[..., Path]) -> None:
    mistakes, _ = findings(tmp_path, plant, SAMPLE.replace("urgent", "Urgently"))
    (mistake,) = mistakes
    assert (mistake.about, mistake.hint) == ("urgent", "`headers` can say that 'Urgently' is it")


def test_a_plugin_that_declares_no_feed_is_reported(tmp_path: Path, plant: Callable[[str], Path]) -> None:
    plant("from fleetfeed import hookimpl\n@hookimpl\ndef feed_filter(row): ...\n")
    assert [mistake.what for mistake in checked(tmp_path).mistakes] == ["it declares no feed"]
