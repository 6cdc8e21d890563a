"""docs/operations.md explains messages that exist, and of every kind of error with its exit code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from fleetfeed import errors
from fleetfeed.buckets.s3_errors import _BY_CODE, _BY_TYPE
from fleetfeed.database.errors import _BY_STATE
from tests.kit import ROOT

TEXT = (ROOT / "docs" / "operations.md").read_text("utf-8").partition("## What messages mean")[2]
PARTS = {int(part[0]): part for part in TEXT.split("### Exit code ")[1:]}
KINDS = {
    name: kind.exit_code
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.FleetfeedError)
}
ABSTRACT = {"FleetfeedError"}
OTHERS = ["Usage:", "ended:"]  # click says the first; the second is made from a hook's name


def messages() -> list[str]:
    """Give what the first column of each table quotes."""
    rows = re.findall(r"^\| (.*?) \|", TEXT, re.MULTILINE)
    return [quoted for row in rows for quoted in re.findall(r"`([^`]+)`", row) if quoted not in OTHERS]


def trees() -> Iterator[ast.AST]:
    for folder in ("core", "geocoders"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield ast.parse(path.read_text("utf-8"))


def text_of(node: ast.AST) -> str:
    """Write a text as the documents do: `…` for what differs."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    return "".join(text_of(part) if isinstance(part, ast.Constant) else "…" for part in getattr(node, "values", []))


TEXTS = [
    text_of(node) for tree in trees() for node in ast.walk(tree) if isinstance(node, (ast.JoinedStr, ast.Constant))
]


def test_there_are_messages_and_texts_to_compare() -> None:
    assert len(messages()) > 60
    assert len(TEXTS) > 1_000


@pytest.mark.parametrize("message", messages())
def test_a_message_that_is_explained_is_one_that_the_program_says(message: str) -> None:
    parts = message.split(" … ")
    assert any(all(part in text for part in parts) for text in TEXTS), message


@pytest.mark.parametrize("name", sorted(set(KINDS) - ABSTRACT))
def test_every_kind_of_error_is_explained_where_its_exit_code_is(name: str) -> None:
    assert re.search(rf"\b{name}\b", PARTS[KINDS[name]])


def refusals(tree: ast.AST) -> Iterator[str]:
    """Give the reason of each refusal in a module; one that a function of the module words is what that returns."""
    nodes = [*ast.walk(tree)]
    functions = {node.name: node for node in nodes if isinstance(node, ast.FunctionDef)}
    for call in nodes:
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "ExportRefused":
            why, said = call.args[0], [call.args[0]]
            if isinstance(why, ast.Call) and isinstance(why.func, ast.Name):
                found = ast.walk(functions[why.func.id])
                said = [node.value for node in found if isinstance(node, ast.Return) and node.value]
            yield from map(text_of, said)


def unexplained(texts: Iterable[str]) -> list[str]:
    parts = [message.split(" … ") for message in messages()]
    return [text for text in texts if not any(all(part in text for part in reported) for reported in parts)]


def test_every_reason_to_refuse_an_export_is_explained() -> None:
    reasons = [reason for tree in trees() for reason in refusals(tree)]
    assert len(reasons) > 18
    assert "" not in reasons  # a text that this test cannot read
    assert unexplained(reasons) == []


def test_every_reason_of_the_store_is_explained() -> None:
    reasons = {why for why, _ in _BY_CODE.values()} | {why for _, why, _ in _BY_TYPE}
    assert len(reasons) > 15
    assert unexplained(reasons) == []


def test_every_database_error_with_a_message_of_its_own_is_documented() -> None:
    causes = {cause for _, cause, _ in _BY_STATE.values()}
    lacks = {cause for cause in causes if cause.startswith("The database lacks a ")}  # a table stands for all of them
    assert len(lacks) == 4
    assert causes - lacks - set(messages()) == set()


def test_the_page_names_only_files_that_are_there() -> None:
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    named = set(re.findall(r"\bdeploy/[\w@.]+", page))
    assert len(named) >= 3
    assert [name for name in sorted(named) if not Path(ROOT, name).is_file()] == []
