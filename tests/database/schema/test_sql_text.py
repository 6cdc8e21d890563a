"""No text of a user's or of an export's becomes part of a statement: those are values, which the driver sends apart."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit import ROOT

CORE = ROOT / "core" / "fleetfeed"
STATEMENT = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|GRANT|REVOKE|COPY|WITH|SET|TRUNCATE|CALL)\b")
# Names of what holds data, wherever it is passed around: tickets, cells, places, objects of a bucket.
DATA = {
    "ticket",
    "tickets",
    "row",
    "reject",
    "record",
    "outcome",
    "stored",
    "snapshot",
    "place",
    "query",
    "value",
    "cell",
}
# Calls of reading functions, of a feed that fleetfeed.toml names: the pattern of such names allows nothing else.
ALLOWED_IN_COMMANDS = {"called", "call"}


def interpolated(path: Path) -> Iterator[tuple[int, ast.expr]]:
    """Find what is written into statements, by f-strings."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
            if STATEMENT.match(text):
                yield from ((node.lineno, part.value) for part in node.values if isinstance(part, ast.FormattedValue))


def files(folder: str = "") -> list[Path]:
    return sorted(path for path in (CORE / folder).rglob("*.py") if "bundled" not in path.parts)


def test_a_command_writes_nothing_into_a_statement_but_constants() -> None:
    found = [
        f"{path.name}, line {line}: {ast.unparse(part)}"
        for path in files("cli")
        for line, part in interpolated(path)
        if not (isinstance(part, ast.Name) and (part.id.isupper() or part.id in ALLOWED_IN_COMMANDS))
    ]
    assert found == []


def test_nothing_that_holds_data_is_written_into_a_statement() -> None:
    found = [
        f"{path.relative_to(CORE)}, line {line}: {ast.unparse(part)}"
        for path in files()
        for line, part in interpolated(path)
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id in DATA
    ]
    assert found == []


def test_statements_are_looked_at_at_all() -> None:
    assert sum(1 for path in files() for _ in interpolated(path)) > 100


@pytest.mark.parametrize("part", ["ticket.key", "row.key"])
def test_this_test_sees_data_in_a_statement(tmp_path: Path, part: str) -> None:
    (tmp_path / "bad.py").write_text(f"db.execute(f'DELETE FROM t WHERE k = {{{part}}}')\n")
    ((_, found),) = interpolated(tmp_path / "bad.py")
    assert ast.unparse(found) == part
