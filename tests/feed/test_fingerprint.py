"""The fingerprint of a declaration: the same wherever it is read, another whenever a row could change."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from fleetfeed import Box, Drop, Feed, Moment, Text, Whole, YesNo
from fleetfeed.plugins.registry import find
from tests.kit import ROOT
from tests.reader.samples import SMALL, changed

CHANGES: dict[str, Any] = {
    "name": "other",
    "key": "number",
    "columns": (*SMALL.columns, Text("more")),
    "roles": replace(SMALL.roles, team="cluster"),
    "winner": ("seen", "touched"),
    "sentinel": "STOPPED",
    "drops": (*SMALL.drops, Drop("team", ("test",), "test")),
    "ignore": ("junk", "rubbish"),
    "bookkeeping": (),
    "aliases": {"QOA": "Quarry Road"},
    "codes": (r"OLT\d+$",),
    "country": Box(south=-4.9, west=33.8, north=5.6, east=42.0),
    "delimiter": ";",
    "encoding": "cp1252",
    "nulls": ("?",),
    "headers": {"Ticket": "id"},
    "skip": 1,
    "revision": 2,
}


def test_the_table_of_changes_has_every_member_of_a_feed() -> None:
    assert CHANGES.keys() == {item.name for item in fields(Feed)}


@pytest.mark.parametrize("member", CHANGES)
def test_it_changes_when_a_member_does(member: str) -> None:
    assert changed(**{member: CHANGES[member]}).fingerprint != SMALL.fingerprint


@pytest.mark.parametrize(
    "columns",
    [
        (Text("more", fold=str.lower),),
        (Text("more", fold=str.title),),
        (Whole("more"),),
        (Whole("more", unit="minutes"),),
        (Moment("more"),),
        (Moment("more", zone="UTC"),),
        (Moment("more", formats=("%d/%m/%Y",)),),
        (YesNo("more"),),
        (YesNo("more", yes=("si",)),),
        (YesNo("more", no=("no",)),),
    ],
)
def test_it_changes_with_the_kind_and_the_options_of_a_column(columns: tuple[Any, ...]) -> None:
    plain = changed(columns=(*SMALL.columns, Text("more")))
    assert changed(columns=(*SMALL.columns, *columns)).fingerprint != plain.fingerprint


def test_it_does_not_change_when_nothing_does() -> None:
    assert replace(SMALL).fingerprint == SMALL.fingerprint
    assert changed(aliases={"a": "1", "b": "2"}).fingerprint == changed(aliases={"b": "2", "a": "1"}).fingerprint


PLUGIN = """
from fleetfeed import Feed, Moment, Roles, Text

def shout(text: str) -> str:
    return text.upper() + "!"

FEED = Feed(
    name="loud", key="id", columns=(Text("status", fold=shout), Moment("at")), aliases={"b": "B", "a": "A"},
    roles=Roles("status", ("closed",), "at", ("at",), "status", "status", "status"),
)
"""
TELL = """
import sys
from pathlib import Path
from fleetfeed.plugins.registry import find
print(find(Path(sys.argv[1]), ["feeds"]).feed(sys.argv[2]).fingerprint)
"""


@pytest.fixture
def loud(tmp_path: Path) -> Path:
    (tmp_path / "feeds" / "loud").mkdir(parents=True)
    (tmp_path / "feeds" / "loud" / "__init__.py").write_text(PLUGIN)
    return tmp_path


def reported(project: Path, feed: str, seed: int) -> str:
    environment = os.environ | {"PYTHONHASHSEED": str(seed)}
    command = [sys.executable, "-c", TELL, str(project), feed]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.strip()


def test_it_is_the_same_in_every_process_even_with_code_of_the_feeds_own(loud: Path) -> None:
    here = find(loud, ["feeds"]).feed("loud").fingerprint
    assert {reported(loud, "loud", seed) for seed in (0, 1, 2)} == {here}


def test_it_is_the_same_for_inc_in_every_process() -> None:
    assert {reported(ROOT, "inc", seed) for seed in (0, 7)} == {find(ROOT, ["feeds"]).feed("inc").fingerprint}


def test_it_does_not_depend_on_where_the_folder_lies(loud: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    moved = tmp_path_factory.mktemp("moved") / "project"
    here = find(loud, ["feeds"]).feed("loud").fingerprint
    loud.rename(moved)
    assert find(moved, ["feeds"]).feed("loud").fingerprint == here


def test_a_fold_goes_by_its_qualified_name(loud: Path) -> None:
    before = find(loud, ["feeds"]).feed("loud").fingerprint
    entry = loud / "feeds" / "loud" / "__init__.py"
    entry.write_text(PLUGIN.replace("shout", "whisper"))
    assert find(loud, ["feeds"]).feed("loud").fingerprint != before


EDITS = {
    "its text": ("text.upper()", "text.lower()", True),
    "a comment": ("return text", "# louder\n    return text", False),
    "another layout": ('text.upper() + "!"', '(\n        text.upper()\n        + "!"\n    )', False),
    "a lambda": ("fold=shout", "fold=lambda text: text.upper()", True),
}


@pytest.mark.parametrize(("old", "new", "differs"), EDITS.values(), ids=EDITS.keys())
def test_a_fold_is_another_one_when_its_text_is_edited(loud: Path, old: str, new: str, differs: bool) -> None:
    before = find(loud, ["feeds"]).feed("loud").fingerprint
    (loud / "feeds" / "loud" / "__init__.py").write_text(PLUGIN.replace(old, new))
    after = find(loud, ["feeds"]).feed("loud").fingerprint
    assert (after != before) is differs
    assert reported(loud, "loud", 1) == after


def test_a_lambda_is_another_one_when_it_is_edited(loud: Path) -> None:
    entry = loud / "feeds" / "loud" / "__init__.py"
    found = set()
    for fold in ("text.upper()", "text.lower()", "text"):
        entry.write_text(PLUGIN.replace("fold=shout", f"fold=lambda text: {fold}"))
        found.add(find(loud, ["feeds"]).feed("loud").fingerprint)
    assert len(found) == 3


class Calling:
    def __call__(self, text: str) -> str:
        return text


def test_whatever_can_be_called_can_be_a_fold() -> None:
    folds = (partial(str.replace, "a"), partial(str.replace, "b"), partial(shorten, 3), Calling())
    prints = {changed(columns=(*SMALL.columns, Text("more", fold=fold))).fingerprint for fold in folds}
    assert len(prints) == len(folds)


def shorten(length: int, text: str) -> str:
    return text[:length]
