"""Imports follow the table of rooms in CONTRIBUTING.md; costly libraries are imported only when needed."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Callable
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

import fleetfeed
from fleetfeed import public
from tests.kit import ROOT

CORE = ROOT / "core" / "fleetfeed"
FILES = sorted(path for path in CORE.rglob("*.py") if "bundled" not in path.parts)


class Imports(ast.NodeVisitor):
    """Collect what a file imports when it runs: at its top or in a function, but not for type checkers only."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.relative: set[str] = set()

    def visit_If(self, node: ast.If) -> None:
        if "TYPE_CHECKING" not in ast.unparse(node.test):
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        self.names |= {alias.name for alias in node.names}

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        if node.level:
            self.relative.add(node.module or "")
        else:
            self.names |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}


def read(path: Path) -> Imports:
    found = Imports()
    found.visit(ast.parse(path.read_text(encoding="utf-8")))
    return found


def imported(path: Path) -> set[str]:
    return read(path).names


def test_no_import_of_the_core_is_relative() -> None:
    assert {name for path in FILES for name in read(path).relative} == set()


def test_no_module_imports_itself_by_way_of_others() -> None:
    modules = {".".join(("fleetfeed", *path.relative_to(CORE).with_suffix("").parts)): path for path in FILES}
    modules = {name.removesuffix(".__init__"): path for name, path in modules.items()}
    graph = {name: all_imports(path) & modules.keys() - {name} for name, path in modules.items()}
    assert {*TopologicalSorter(graph).static_order()} == modules.keys()  # a CycleError names the modules


def all_imports(path: Path) -> set[str]:
    """Names of the modules that a file imports anywhere, also for type checkers only."""
    found = set[str]()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            submodules = {name for name in inner if (CORE.parent / Path(*name.split("."))).with_suffix(".py").exists()}
            found |= submodules | ({node.module} if inner - submodules else set())
    return found


def test_feeds_share_only_what_is_no_feed() -> None:
    assert {name for path in (ROOT / "feeds").rglob("*.py") for name in read(path).relative} == {"_network"}


def those_that_import(*packages: str) -> set[str]:
    """Name the parts of the core (a package, or a module beside it) that import one of these."""
    return {
        path.relative_to(CORE).parts[0]
        for path in FILES
        if any(name.split(".")[0] in packages for name in imported(path))
    }


def test_the_core_never_imports_feeds_or_geocoders() -> None:
    assert those_that_import("feeds", "geocoders", "positions", "tests", "tools", "migrations") == set()


class Room(NamedTuple):
    """A row of the table in CONTRIBUTING.md."""

    name: str
    may_import: str
    libraries: str

    @property
    def files(self) -> list[Path]:
        return [path for path in FILES if path.relative_to(CORE).with_suffix("").parts[0] == self.name]


def rooms() -> list[Room]:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    return [Room(*row) for row in re.findall(r"^\| `(\w+)` \| .*? \| (.*?) ?\| (.*?) ?\|$", text, re.MULTILINE)]


ROOMS = rooms()
GROUND = {room.name for room in ROOMS[: [room.name for room in ROOMS].index("feed")]}


def allowed(room: Room) -> set[str]:
    above = {other.name for other in ROOMS[: ROOMS.index(room)]}
    named = set(re.findall(r"`(\w+)`", room.may_import))
    assert named <= above  # so there is no circle of rooms
    if room.may_import == "all above":
        return above
    return named | GROUND if room.may_import.startswith("ground") else named


def rooms_imported(path: Path) -> set[str]:
    """Name the rooms that a file imports from, also for type checkers only."""
    found = set[str]()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "fleetfeed":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("fleetfeed."):
            found.add(str(node.module).split(".")[1])
    return found


def test_the_table_of_contributing_has_every_room() -> None:
    there = {path.relative_to(CORE).with_suffix("").parts[0] for path in FILES}
    assert sorted(room.name for room in ROOMS) == sorted(there - {"__init__", "__main__"})


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_room_imports_only_rooms_that_its_row_allows(room: Room) -> None:
    found = {name for path in room.files for name in rooms_imported(path)}
    assert found - {room.name} - allowed(room) == set()


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_room_imports_exactly_the_libraries_of_its_row(room: Room) -> None:
    found = {name.split(".")[0] for path in room.files for name in imported(path)}
    assert found - sys.stdlib_module_names - {"fleetfeed"} == set(re.findall(r"`(\w+)`", room.libraries))


def test_the_files_that_contributing_names_exist() -> None:
    names = re.findall(r"`((?:core|tests|docs|migrations)/[\w/.-]+)`", (ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    assert len(names) > 15
    assert [name for name in names if not (ROOT / name).exists()] == []


def test_type_checks_of_a_declaration_import_only_the_standard_library() -> None:
    assert {name.split(".")[0] for name in imported(CORE / "feed" / "type_checks.py")} <= sys.stdlib_module_names


@pytest.mark.parametrize("folder", ["feeds", "geocoders", "positions"])
def test_feeds_and_geocoders_import_only_what_an_author_does(folder: str) -> None:
    for path in (ROOT / folder).rglob("*.py"):
        ours = {name for name in imported(path) if name.split(".")[0] == "fleetfeed"}
        assert ours <= {"fleetfeed", *(f"fleetfeed.{name}" for name in public.__all__)}


def test_the_package_offers_exactly_what_it_imports() -> None:
    tree = ast.parse((CORE / "public.py").read_text(encoding="utf-8"))
    names = [alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert sorted(names) == sorted(public.__all__)
    assert all(hasattr(fleetfeed, name) for name in public.__all__)
    with pytest.raises(AttributeError, match="module 'fleetfeed' has no attribute 'Fead'"):
        getattr(fleetfeed, "Fead")  # noqa: B009 (mypy knows that it is not there)


def test_modules_are_there_by_their_names_too() -> None:
    assert "fleetfeed.errors" in loaded("import fleetfeed\nfleetfeed.errors.ConfigError\nfleetfeed.Feed")


def loaded(statement: str) -> set[str]:
    code = f"import json, sys\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    return set(json.loads(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout))


COSTLY = {"alembic", "botocore", "duckdb", "httpx", "psycopg", "pydantic", "rich", "sqlalchemy", "tenacity"}
# Other commands, and what an export that is loaded already does not need.
UNCALLED = {"fleetfeed.cli.doctor", "fleetfeed.cli.serve", "fleetfeed.pipeline.apply"}
ALL_OF_A_RUN = """
import fleetfeed.cli.run, fleetfeed.cli.output.run_log, fleetfeed.cli.output.run_report, fleetfeed.config.loader
import fleetfeed.buckets.s3, fleetfeed.database.access, fleetfeed.database.schema.current, fleetfeed.pipeline.run
import fleetfeed.pipeline.ending, fleetfeed.plugins.registry, fleetfeed.stages, fleetfeed.monitoring.notifiers
"""


@pytest.mark.parametrize(
    ("statement", "light"),
    [
        ("import fleetfeed", COSTLY | {"typer", "pluggy", "fleetfeed.feed"}),
        ("from fleetfeed import *", COSTLY | {"typer"}),
        ("import fleetfeed.cli", COSTLY | {"fleetfeed.feed"}),
        ("import fleetfeed.pipeline.run, fleetfeed.reader.export", COSTLY - {"psycopg"} | {"typer"}),
        (ALL_OF_A_RUN, {"alembic", "boto3", "duckdb", "httpx", "rich", "sqlalchemy", "tenacity"} | UNCALLED),
        ("import fleetfeed.cli.feeds, fleetfeed.scaffold.new, fleetfeed.scaffold.diff", COSTLY),
        ("import fleetfeed.cli.run, fleetfeed.cli.geocode, fleetfeed.cli.places, fleetfeed.cli.status", COSTLY),
        ("import fleetfeed.cli.schedule, fleetfeed.schedule.scheduler", COSTLY),
        ("import fleetfeed.monitoring.notifiers, fleetfeed.monitoring.metrics", COSTLY - {"psycopg"}),
        ("import fleetfeed.geocoding.geocode, fleetfeed.geocoding.manual", COSTLY - {"psycopg", "pydantic"}),
    ],
)
def test_what_is_costly_is_imported_only_when_it_is_needed(statement: str, light: set[str]) -> None:
    assert loaded(statement) & light == set()


def test_imports_in_functions_count_but_not_those_for_type_checkers(tmp_path: Path) -> None:
    write: Callable[[str], int] = (tmp_path / "sample.py").write_text
    write(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import duckdb\ndef f():\n    from rich import box\n"
    )
    assert imported(tmp_path / "sample.py") == {"typing", "typing.TYPE_CHECKING", "rich", "rich.box"}
