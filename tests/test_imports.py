"""The direction of imports, as the design has it."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import fleetfeed
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
    assert those_that_import("feeds", "geocoders", "tests", "tools", "migrations") == set()


NEEDS_NOTHING = ("states.py", "errors.py", "text/forms.py", "text/parse.py", "text/suggest.py", "feed/type_checks.py")


@pytest.mark.parametrize("name", NEEDS_NOTHING)
def test_what_all_may_import_imports_nothing_of_ours_and_nothing_installed(name: str) -> None:
    assert {module.split(".")[0] for module in imported(CORE / name)} <= sys.stdlib_module_names


def test_a_declaration_needs_nothing_but_how_cells_and_names_are_read() -> None:
    found = {module for path in FILES if path.relative_to(CORE).parts[0] == "feed" for module in imported(path)}
    others = {module for module in found if module.split(".")[0] not in sys.stdlib_module_names}
    assert {module.split(".")[1] for module in others} == {"errors", "feed", "geo", "model", "text"}


def test_only_the_command_line_imports_rich_and_typer() -> None:
    assert those_that_import("rich", "typer", "click") == {"cli"}


def test_only_the_buckets_import_boto() -> None:
    assert those_that_import("boto3", "botocore") == {"buckets"}


def test_only_the_database_imports_sqlalchemy_psycopg_and_alembic() -> None:
    assert those_that_import("sqlalchemy", "psycopg", "alembic") == {"database"}


def test_only_the_reader_imports_duckdb_and_only_config_pydantic() -> None:
    # The kit imports it once for all its forks; the scaffold counts with it what is in the columns of an export.
    assert those_that_import("duckdb") == {"reader", "testing", "scaffold"}
    assert those_that_import("pydantic", "pydantic_core", "pydantic_settings") <= {"config", "cli"}


def test_only_the_schedule_imports_cronsim() -> None:
    assert those_that_import("cronsim") == {"schedule"}


def test_only_geocoding_and_monitoring_import_httpx() -> None:
    # Both call services of others; they share no client, for each hides another secret and fails in its own way. The
    # conformance kit plays the hosts.
    assert those_that_import("httpx", "httpcore") == {"geocoding", "monitoring", "testing"}


def test_the_command_line_is_imported_by_nobody() -> None:
    users = {
        path.relative_to(CORE).parts[0] for path in FILES if any("fleetfeed.cli" in name for name in imported(path))
    }
    assert users == {"cli", "__main__.py"}


@pytest.mark.parametrize("folder", ["feeds", "geocoders"])
def test_feeds_and_geocoders_import_only_what_an_author_does(folder: str) -> None:
    for path in (ROOT / folder).rglob("*.py"):
        ours = {name for name in imported(path) if name.split(".")[0] == "fleetfeed"}
        assert ours <= {"fleetfeed", *(f"fleetfeed.{name}" for name in fleetfeed.__all__)}


def test_the_package_offers_exactly_what_it_imports() -> None:
    tree = ast.parse((CORE / "__init__.py").read_text(encoding="utf-8"))
    names = [alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert sorted(names) == sorted(fleetfeed.__all__)
    assert all(hasattr(fleetfeed, name) for name in fleetfeed.__all__)


def loaded(statement: str) -> set[str]:
    code = f"import json, sys; {statement}; print(json.dumps(sorted(sys.modules)))"
    return set(json.loads(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout))


COSTLY = {"boto3", "botocore", "duckdb", "httpx", "psycopg", "sqlalchemy", "alembic", "pydantic", "rich.console"}


@pytest.mark.parametrize(
    ("statement", "light"),
    [
        ("import fleetfeed", COSTLY | {"rich", "typer"}),
        ("import fleetfeed.cli", COSTLY),
        ("import fleetfeed.pipeline.run, fleetfeed.reader.export", COSTLY - {"psycopg"} | {"rich", "typer"}),
        ("import fleetfeed.cli.feeds, fleetfeed.scaffold.new, fleetfeed.scaffold.diff", COSTLY),
        ("import fleetfeed.cli.run, fleetfeed.cli.geocode, fleetfeed.cli.places, fleetfeed.cli.status", COSTLY),
        ("import fleetfeed.cli.schedule, fleetfeed.schedule.scheduler", COSTLY),
        ("import fleetfeed.monitoring.notifiers, fleetfeed.monitoring.metrics", COSTLY - {"psycopg"}),
        ("import fleetfeed.geocoding.geocode, fleetfeed.geocoding.manual", {"httpx", "duckdb", "boto3", "rich"}),
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
