"""docs/dashboard-api-contract.md says what is: its document is valid, its errors are word for word."""

from __future__ import annotations

import json
import re
from typing import Any

import psycopg
import pytest

from fleetfeed.database import Database
from tests.database.schema.derived.kit import dashboard, done, on_map, put
from tests.database.schema.derived.payloads import DASHBOARD, MAP, wrong
from tests.kit import ROOT, ticket

_TEXT = (ROOT / "docs" / "dashboard-api-contract.md").read_text("utf-8")
_ERRORS = re.findall(r"^\| `(fn_\w+\(.*\))` \| (.*) \| (.*) \|$", _TEXT, re.MULTILINE)


def members(document: Any) -> set[str]:
    """Name every member of a document, at any depth, but those of `by_precision` and the like."""
    if isinstance(document, list):
        return set().union(*map(members, document))
    if not isinstance(document, dict):
        return set()
    counted = {name for name in document if name.startswith("by_") and isinstance(document[name], dict)}
    return set(document).union(*(members(value) for name, value in document.items() if name not in counted))


def test_its_sample_is_a_valid_document() -> None:
    (sample,) = re.findall(r"^```json\n(.*?)\n```$", _TEXT, re.MULTILINE | re.DOTALL)

    assert wrong(DASHBOARD, json.loads(sample)) == []


@pytest.mark.parametrize(("call", "message", "hint"), _ERRORS, ids=range(len(_ERRORS)))
def test_its_errors_are_those_of_the_functions(db: Database, call: str, message: str, hint: str) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue) as refused:
        db.connection.execute(f"SELECT reporting.{call}".encode())

    assert (refused.value.sqlstate, refused.value.diag.message_primary, refused.value.diag.message_hint) == (
        "22023",
        message,
        hint,
    )


def test_it_has_at_least_one_error_of_each_kind_and_names_every_member(db: Database) -> None:
    prose = re.sub(r"^```json.*?^```$", "", _TEXT, flags=re.MULTILINE | re.DOTALL)
    put(db, [ticket("T1"), done("T2")])
    page, seen = dashboard(db, p_window="90d"), on_map(db)

    assert len(_ERRORS) == 9
    assert (wrong(DASHBOARD, page), wrong(MAP, seen)) == ([], [])
    assert members(page) | members(seen) <= {"type", "features"} | set(re.findall(r"`(?:\w+\.)?(\w+)`", prose))


def test_both_schemas_describe_tickets_and_freshness_alike() -> None:
    page, seen = (
        json.loads((ROOT / "docs" / f"{name}.schema.json").read_text("utf-8")) for name in ("dashboard", "map")
    )

    assert page["$defs"] == seen["$defs"]
