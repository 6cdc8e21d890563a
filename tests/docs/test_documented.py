"""What a person can type, implement or follow is written down where they look for it."""

from __future__ import annotations

import inspect
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import typer
from typer.core import TyperGroup

from fleetfeed.cli import app
from fleetfeed.hookspecs import Hooks

ROOT = Path(__file__).parents[2]
HELP = ("-h", "--help")
HOOKS = {name: hook for name, hook in vars(Hooks).items() if not name.startswith("_")}


def read(path: str) -> str:
    return (ROOT / path).read_text("utf-8")


def commands() -> Iterator[tuple[str, typer.core.TyperCommand | TyperGroup]]:
    """Walk over every command and group, by the words that call it."""
    found: list[tuple[str, object]] = [("fleetfeed", typer.main.get_command(app))]
    while found:
        words, command = found.pop()
        assert isinstance(command, (typer.core.TyperCommand, TyperGroup))
        yield words, command
        if isinstance(command, TyperGroup):
            context = typer.Context(command)
            found += [(f"{words} {name}", command.get_command(context, name)) for name in command.commands]


def options() -> Iterator[tuple[str, str | None, list[str]]]:
    for words, command in commands():
        for parameter in command.params:
            if parameter.opts[0] not in HELP and isinstance(parameter, typer.core.TyperOption):
                yield words, parameter.help, [*parameter.opts, *parameter.secondary_opts]


def test_every_command_and_every_option_has_a_help_text() -> None:
    mute = [words for words, command in commands() if not command.help]
    mute += [f"{words} {names[0]}" for words, reported, names in options() if not reported]
    assert mute == []


def test_every_command_is_in_the_reference_of_the_command_line() -> None:
    reference = read("docs/cli.md")
    leaves = [words for words, command in commands() if not isinstance(command, TyperGroup)]
    assert len(leaves) > 5
    assert [words for words in leaves if f"`{words}" not in reference] == []


def test_every_command_is_in_the_table_of_what_it_needs_of_the_database() -> None:
    table = read("docs/database.md").partition("| command | needs |")[2].partition("\n\n")[0]
    reported = {name.split()[0] for name in re.findall(r"`([a-z][^`]*)`", table)}
    assert {words.split()[1] for words, _ in commands() if " " in words} - reported == set()


def test_every_option_is_in_the_reference_of_the_command_line() -> None:
    reported = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", read("docs/cli.md")))
    assert sorted({name for _, _, names in options() for name in names} - reported) == []


def test_the_reference_names_no_option_that_is_not_there() -> None:
    reported = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", read("docs/cli.md")))
    assert sorted(reported - {name for _, _, names in options() for name in names} - set(HELP)) == []


def test_every_hook_has_a_heading_with_its_exact_arguments() -> None:
    headings = re.findall(r"^#+ `?(\w+\(.*\))`?$", read("docs/plugins.md"), re.MULTILINE)
    wanted = [f"{name}({', '.join([*inspect.signature(hook).parameters][1:])})" for name, hook in HOOKS.items()]
    assert headings == wanted


def test_every_hook_is_named_in_a_test() -> None:
    here = Path(__file__)
    tests = "".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py") if path != here)
    assert [name for name in HOOKS if name not in tests] == []


def test_the_readme_shows_how_to_see_it_work_and_how_to_test_it() -> None:
    readme = read("README.md")
    assert [command for command in ("make demo", "make test") if command not in readme] == []


def test_every_relative_link_of_the_documents_leads_somewhere() -> None:
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert "README.md" in names
    dead = []
    for name in names:
        for target in re.findall(r"\]\(([^)\s]+)\)", read(name)):
            path, _, anchor = unquote(target).partition("#")
            if ":" in path:
                continue
            file = (ROOT / name).parent / path if path else ROOT / name
            if not file.exists() or (anchor and anchor not in anchors(file)):
                dead.append(f"{name}: {target}")
    assert dead == []


def anchors(file: Path) -> set[str]:
    """Make the anchors of a document's headings as GitHub does."""
    headings = re.findall(r"^#+ (.*)$", file.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
