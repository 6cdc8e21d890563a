"""`fleetfeed feeds new|check|diff` as a person types them, and as a program reads them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fleetfeed import cli
from fleetfeed.config.loader import load_settings
from fleetfeed.plugins.registry import BUNDLED
from tests.reader.samples import written

TOML = '[project]\ntimezone = "Europe/Berlin"\n'
SECTION = '\n[feeds.water]\nsource = "s3://tickets/exports/water/"\n'
FOREIGN = ("FLEETFEED_", "RUSTFS_", "AWS_", "PG", "DATABASE_")
HEADER = ("Ticket No", "status", "opened_at", "closed_at", "updated_at")
ROWS = [
    ("W-1", "open", "01.11.2026 08:05", "", "01.11.2026 08:05"),
    ("W-2", "Closed", "02.11.2026 08:05", "14.11.2026 09:00", "14.11.2026 09:00"),
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Give a project, and an export beside it."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "fleetfeed.toml").write_text(TOML)
    (folder / "export.csv").write_bytes(written(HEADER, ROWS))
    return folder


Feeds = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def feeds(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Feeds:
    """Run `fleetfeed feeds` in a folder, in this process."""

    def run(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
        command = ["fleetfeed", "feeds", *args]
        with monkeypatch.context() as patch:
            patch.chdir(folder)
            for name in [name for name in os.environ if name.startswith(FOREIGN)]:
                patch.delenv(name)
            patch.setattr(sys, "argv", command)
            capsys.readouterr()
            with pytest.raises(SystemExit) as ended:
                cli.main()
        return subprocess.CompletedProcess(command, int(ended.value.code or 0), *capsys.readouterr())

    return run


def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Read the one document on stdout."""
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["schema_version"] == 1
    return found


def test_new_shows_its_evidence_writes_three_files_and_says_what_is_next(feeds: Feeds, project: Path) -> None:
    done = feeds(project, "new", "water", "--from", "export.csv")
    assert (done.returncode, done.stderr) == (0, "")
    said = done.stdout
    folder = project / "feeds" / "water"
    for line in (
        "2 records, 5 columns, separated by `,`, in utf-8\n",
        "Ticket No → ticket_no  key     100 %   2          -    W-1, W-2\n",
        "closed_at              Moment  50 %    1          -    14.11.2026 09:00\n",
        f"written: {folder}/__init__.py\n",
        "decide whether personal data may stay in it\n",
        f'Add to {project}/fleetfeed.toml:\n  [feeds.water]\n  source = "file://{project}/inbox/water/"',
        "  fleetfeed feeds check water ",
        "  fleetfeed run water --file export.csv ",
    ):
        assert line in said
    assert sorted(file.name for file in folder.iterdir()) == ["__init__.py", "sample.csv", "test_water.py"]
    assert (project / "fleetfeed.toml").read_text() == TOML


def test_the_section_that_new_prints_is_one_that_can_be_pasted(feeds: Feeds, project: Path) -> None:
    said = feeds(project, "new", "water").stdout
    section = said.partition("fleetfeed.toml:\n")[2].partition("\n\n")[0]
    (project / "fleetfeed.toml").write_text(f"{TOML}\n{section}\n")
    assert load_settings(project).settings.feeds["water"].source == f"file://{project}/inbox/water/"
    assert feeds(project, "check", "water").returncode == 0


def test_exports_are_proposed_to_arrive_beside_those_of_another_feed(feeds: Feeds, project: Path) -> None:
    (project / "fleetfeed.toml").write_text(TOML + SECTION)
    assert '  source = "s3://tickets/exports/power/"' in feeds(project, "new", "power").stdout


def test_new_overwrites_nothing(feeds: Feeds, project: Path) -> None:
    assert feeds(project, "new", "water").returncode == 0
    file = project / "feeds" / "water" / "__init__.py"
    file.write_text("mine")
    done = feeds(project, "new", "water", "--from", "export.csv")
    assert done.returncode == 2
    assert f"error:  There is a plugin 'water' already: {file.parent}." in done.stderr
    assert file.read_text() == "mine"
    (project / "feeds" / "power").mkdir()
    done = feeds(project, "new", "power")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"error:  There is a {project}/feeds/power already." in done.stderr


def test_a_feed_that_comes_with_fleetfeed_may_be_shadowed_but_no_geocoder(feeds: Feeds, project: Path) -> None:
    done = feeds(project, "new", "inc")
    assert done.stdout.endswith(f"instead of the inc that comes with fleetfeed: {BUNDLED}/feeds/inc\n")
    assert "There is a plugin 'nominatim' already" in feeds(project, "new", "nominatim").stderr


def test_a_project_that_looks_for_no_feeds_is_reported_to(feeds: Feeds, project: Path) -> None:
    (project / "fleetfeed.toml").write_text(f'{TOML}plugins = ["more"]\n')
    (project / "more").mkdir()
    assert 'and "feeds" to `plugins` of [project]' in feeds(project, "new", "water").stdout


@pytest.mark.parametrize(
    ("args", "cause"),
    [
        (["new", "Water"], "'Water' is no name for a feed."),
        (["new", "rejects"], "'rejects' is a table of fleetfeed's own."),
        (["new", "water", "--from", "gone.csv"], "gone.csv cannot be used: it does not exist."),
        (["new", "water", "--from", "fleetfeed.toml"], "fleetfeed.toml cannot be used: its first line is one column"),
        (["check", "water"], "There is no plugin 'water'"),
        (["diff", "export.csv", "gone.csv"], "gone.csv cannot be used: it does not exist."),
        (["diff", "export.csv", "export.csv", "--feed", "water"], "There is no plugin 'water'"),
    ],
)
def test_what_cannot_be_done_is_reported_and_writes_nothing(
    feeds: Feeds, project: Path, args: list[str], cause: str
) -> None:
    done = feeds(project, *args)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"error:  {cause}" in done.stderr
    assert not (project / "feeds").exists()


def test_without_a_project_nothing_is_written(feeds: Feeds, tmp_path: Path) -> None:
    done = feeds(tmp_path, "new", "water")
    assert (done.returncode, list(tmp_path.iterdir())) == (2, [])
    assert "There is no fleetfeed.toml" in done.stderr


def test_check_tells_mistakes_with_their_place_until_there_is_none(feeds: Feeds, project: Path) -> None:
    feeds(project, "new", "water", "--from", "export.csv")
    file = project / "feeds" / "water" / "__init__.py"
    good = file.read_text()
    file.write_text(good.replace('closed="closed_at"', 'closed="close_at"'))
    line = file.read_text().splitlines().index('        closed="close_at",') + 1
    done = feeds(project, "check", "water")
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout.splitlines() == [
        f"mistake: {file}, line {line}: role 'close_at' is not a declared column",
        "    did you mean 'closed_at'?",
        f"mistake: {project}/fleetfeed.toml: there is no [feeds.water]",
        '    add it, with source = "s3://BUCKET/FOLDER/" or "file:///FOLDER/": where its exports arrive',
        "water has 2 mistakes. Correct, and check again.",
    ]
    reported = document(feeds(project, "check", "water", "--json"))
    assert (reported["sound"], reported["declares"], reported["mistakes"][0]["line"]) == (False, None, line)
    file.write_text(good)
    (project / "fleetfeed.toml").write_text(TOML + SECTION)
    done = feeds(project, "check", "water", "--json")
    reported = document(done)
    assert (done.returncode, reported["sound"], reported["mistakes"], reported["file"]) == (0, True, [], str(file))
    assert reported["declares"]["closed statuses"] == "status is 'Closed'"
    assert "water is sound. It declares:\n  table            tickets.water\n" in feeds(project, "check", "water").stdout


def test_diff_says_what_a_changed_export_would_do(feeds: Feeds, project: Path) -> None:
    feeds(project, "new", "water", "--from", "export.csv")
    rows = [("W-1", "parked", "2026-11-01 08:05", "", "01.11.2026 08:05"), ROWS[1]]
    (project / "new.csv").write_bytes(written(HEADER, rows))
    done = feeds(project, "diff", "export.csv", "new.csv", "--feed", "water")
    assert done.returncode == 0
    assert "a status that `closed_statuses` does not name counts as open: 'parked'" in done.stdout
    reported = document(feeds(project, "diff", "export.csv", "new.csv", "--feed", "water", "--json"))
    assert [(change["kind"], change["column"]) for change in reported["changes"]] == [
        ("values", "status"),
        ("missing", "status"),
    ]
    assert reported["new"] == {"file": "new.csv", "records": 2, "columns": 5}
    assert "No difference was found" in feeds(project, "diff", "export.csv", "export.csv").stdout


def test_what_a_terminal_would_act_upon_is_shown_as_an_escape(feeds: Feeds, project: Path) -> None:
    (project / "export.csv").write_bytes(written((*HEADER, "\x85\u202enote"), [(*row, "\x1b[31m") for row in ROWS]))
    said = feeds(project, "new", "water", "--from", "export.csv").stdout
    assert ("\x1b" in said, "\u202e" in said, "\\x1b[31m" in said) == (False, False, True)


def test_what_a_fold_prints_or_raises_does_not_disturb_the_document(feeds: Feeds, project: Path) -> None:
    feeds(project, "new", "water", "--from", "export.csv")
    file = project / "feeds" / "water" / "__init__.py"
    fold = "fold=lambda cell: print(cell) or str(int(cell))"
    text = file.read_text().replace('Text("status")', f'Text("status", {fold})').replace('"Closed",', '"1",')
    file.write_text(text)
    (project / "fleetfeed.toml").write_text(TOML + SECTION)
    line = next(number for number, said in enumerate(text.splitlines(), 1) if fold in said)
    done = feeds(project, "check", "water", "--json")
    (mistake,) = (found for found in document(done)["mistakes"] if "its fold fails" in found["what"])
    assert (done.returncode, mistake["line"], "Traceback" in done.stderr) == (2, line, False)
    assert "fold of status raised ValueError on 'Closed'" in mistake["what"]
    done = feeds(project, "diff", "export.csv", "export.csv", "--feed", "water", "--json")
    assert (done.returncode, document(done)["feed"]) == (0, "water")


def test_new_says_which_lines_and_records_it_left_out(feeds: Feeds, project: Path) -> None:
    rows = [*ROWS, ("Grand Total", "", "", "", "")]
    (project / "export.csv").write_bytes(b"Works of the week\n\n" + written(HEADER, rows))
    done = feeds(project, "new", "water", "--from", "export.csv")
    assert (done.returncode, done.stderr) == (0, "")
    assert "the header is line 3: one line before it is left out\n" in done.stdout
    assert "record 3, which begins 'Grand Total', is a total or the end of a report: a run rejects it" in done.stdout
