"""What is asked for wrongly is reported with exit code 2, before anything is touched."""

from __future__ import annotations

import os

import pytest
from typer.main import get_command

from fleetfeed.cli import app
from fleetfeed.cli.group import NAMES, Group
from tests.cli.site import Site
from tests.kit import export, ticket


@pytest.mark.parametrize("args", [("run", "inc", "--apply"), ("status",), ("migrate",), ("rejects", "list")])
def test_no_database_is_reported_before_anything_is_asked(site: Site, args: tuple[str, ...]) -> None:
    site.put([ticket("INC1")])
    nowhere = {"RUSTFS_ENDPOINT": "http://127.0.0.1:1"}  # a run that asked it would report that instead
    with site.untouched():
        result = site(*args, DATABASE_URL=None, **nowhere)
    assert (result.code, result.out) == (2, "")
    assert result.error_lines == [
        "error:  No database is named.",
        "effect: Nothing was written.",
        'next:   Set DATABASE_URL, or url = "embedded" in [database] of fleetfeed.toml.',
    ]


def test_an_unknown_feed_is_reported_with_the_one_that_may_be_meant(site: Site) -> None:
    result = site("run", "ink", "--apply")
    assert (result.code, result.out) == (2, "")
    assert result.error_lines == [
        f"error:  {site.folder}/fleetfeed.toml has no [feeds.ink]; did you mean `inc`? (it has: inc).",
        "effect: Nothing was written.",
        "next:   Name a feed of the file, or add its section.",
    ]
    assert site("status", "ink").error_lines == result.error_lines


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--log-format", "nix", "status"), "'--log-format': 'nix' is not one of 'text', 'json'."),
        (("rebuild", "inc", "--executor", "nix"), "'--executor': 'nix' is not one of 'serial', 'processes', 'dask'."),
        (("rebuild", "inc", "--accept", "nix"), "'--accept': 'nix' is not one of 'rules', 'by hand', "),
        (("holds", "add", "inc", "nix", "--why", "x"), "'kind': 'nix' is not one of 'pin', 'not', 'off'."),
        (("nearest", "inc", "--limit", "nix"), "'--limit': should be a valid integer"),
    ],
)
def test_a_wrong_argument_is_named_in_plain_words(site: Site, args: tuple[str, ...], said: str) -> None:
    result = site(*args)
    lines = (line.strip("│ ") for line in result.err.splitlines())
    assert (result.code, f"Invalid value for {said}" in " ".join(lines)) == (2, True), result.err


def test_the_list_of_commands_gives_the_first_line_of_each_help() -> None:
    group = get_command(app)
    assert isinstance(group, Group)
    helps = {name: group.get_command(None, name).help.partition("\n\n")[0] for name in NAMES}
    assert {name: " ".join(text.split()) for name, text in helps.items()} == NAMES


@pytest.mark.parametrize("args", [("run", "--all", "--apply"), ("health",), ("prune",)])
def test_a_project_without_feeds_is_no_success(site: Site, args: tuple[str, ...]) -> None:
    (site.folder / "fleetfeed.toml").write_text('[project]\ntimezone = "Africa/Nairobi"\n')
    result = site(*args)
    assert (result.code, result.out) == (2, "")
    assert (
        result.error_lines[0] == f"error:  {site.folder}/fleetfeed.toml has no feeds, so that there is nothing to do."
    )
    assert "FLEETFEED_PROJECT" in result.error_lines[2]


def test_a_file_whose_name_is_no_text_is_reported_and_not_loaded(site: Site) -> None:
    name = os.fsdecode(b"caf\xe9.csv")
    (site.folder / name).write_bytes(export([ticket("INC1")]))
    result = site("run", "inc", "--file", str(site.folder / name))
    assert result.code == 2
    assert result.error_lines[0] == (
        f"error:  The name of {site.folder}/caf\\udce9.csv is not plain UTF-8 text, and cannot be written down."
    )


def test_a_terminal_that_knows_no_unicode_costs_no_report(site: Site) -> None:
    site.put([ticket("INC1", owner="Wanjikũ"), ticket("INC2")])
    site.env["PYTHONIOENCODING"] = "ascii"
    with site.process("run", "inc", "--apply") as process:
        result = site.ended(process)
    assert (result.code, result.out.splitlines()[0]) == (0, "inc loaded")
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    ("args", "cause"),
    [
        (["run"], "Invalid value for FEED…: name at least one feed or give --all, and not both"),
        (["run", "inc", "--all"], "Invalid value for FEED…: name at least one feed or give --all, and not both"),
        (["run", "--all", "--file", "x.csv"], "Invalid value for --file: a file is read for exactly one feed"),
        (["run", "inc", "--aply"], "No such option: --aply"),
        (["rejects", "list", "--limit", "0"], "should be greater than or equal to 1"),
        (["loda"], "No such command 'loda'."),
    ],
)
def test_a_command_line_that_makes_no_sense_is_reported(site: Site, args: list[str], cause: str) -> None:
    result = site(*args)
    assert (result.code, result.out) == (2, "")
    assert cause in " ".join(result.err.replace("│", " ").split())


def test_a_file_that_is_not_there_is_reported(site: Site) -> None:
    result = site("run", "inc", "--apply", "--file", "no such file.csv")
    assert result.code == 2
    assert "no such file.csv" in result.error_lines[0]
    assert "Traceback" not in result.err


def test_a_folder_without_a_project_is_reported(site: Site) -> None:
    result = site("--project", "/", "status")
    assert (result.code, result.error_lines[0]) == (2, "error:  There is no fleetfeed.toml in / (--project).")


def test_the_version_is_reported(site: Site) -> None:
    assert site("--version").out == "fleetfeed 0.1.0\n"
