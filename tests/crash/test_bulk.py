"""Killed at any statement of a large first load, the next run loads it as if nothing had happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetfeed.database.embedded.server import EmbeddedServer
from tests.crash.content import BLOCK
from tests.crash.faults import When
from tests.crash.scene import Store
from tests.crash.stage import Stage, chosen
from tests.crash.test_killed import killed_at_statement


@pytest.fixture(scope="module")
def first_load(stopping_server: EmbeddedServer, crash_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    folder: Path = tmp_path_factory.mktemp("bulk")
    return Stage(stopping_server, crash_store, folder, first=BLOCK + 100)


def test_a_large_first_load_is_written_in_bulk(first_load: Stage) -> None:
    assert any("begin_bulk_load" in words for words in first_load.said)
    assert len(first_load.after["inc"]) == BLOCK + 100


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_a_statement_of_a_bulk_load(first_load: Stage, when: When) -> None:
    begin, end = [number for number, (words, _) in enumerate(first_load.statements) if "bulk_load" in words]
    bulk = first_load.statements[begin : end + 1]
    said = [words for words, _ in bulk]
    assert len([words for words in said if words.startswith('COPY tickets."inc"')]) == 2, said
    assert len([words for words in said if words.startswith('INSERT INTO tickets."inc"')]) == 1, said
    some = chosen(bulk, 9, first=5 if when == "after" else 0)
    assert {killed_at_statement(first_load, place, when) for place in some} == {False}
