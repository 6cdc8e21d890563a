"""Killed at any point and run again, the database and the bucket end as if nothing had happened."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from fleetfeed.database.embedded.server import EmbeddedServer
from tests.crash.content import BLOCK
from tests.crash.faults import Fault, Place, Talk, When
from tests.crash.scene import Store
from tests.crash.stage import Stage, chosen

CHECKPOINTS = [
    "before-source",
    "after-source",
    "before-upsert",
    "before-row-1",
    "after-row-150",
    "after-upsert",
    "before-archive",
    "after-archive",
    "after-history",
]


def test_the_scene_has_everything_that_a_run_can_do(stage: Stage) -> None:
    changes = [change for change in stage.after["ticket_changes"] if change not in stage.before["ticket_changes"]]
    assert {kind for _, _, kind, _, _ in changes} == {"inserted", "updated", "absent", "returned"}
    assert {outcome for *_, outcome in changes} == {"loaded"}
    assert [state for *_, state, _ in stage.after["exports"]] == ["archived", "archived", "superseded", "archived"]
    assert list(stage.after["bucket"]) == [f"automations/inc/processed/{number}.csv" for number in (1, 2, 3, 4)]
    assert len(stage.after["rejects"]) == 1
    assert [key[-5:] for key, _ in stage.after["import_runs"]] == ["1.csv", "2.csv", "4.csv"]


@pytest.mark.parametrize("checkpoint", chosen(CHECKPOINTS, 3, first=1))
def test_killed_at_the_boundary_of_a_stage(stage: Stage, checkpoint: str) -> None:
    with stage.scene() as scene:
        assert scene.run(KILL_AT=checkpoint).code == -signal.SIGKILL
        stage.converges(scene)


def test_killed_before_a_statement_reaches_the_server(stage: Stage) -> None:
    some = [*chosen(stage.statements[:-1], 32), stage.statements[-1]]
    loaded = [killed_at_statement(stage, place, "before") for place in some]
    assert (set(loaded), loaded) == ({False, True}, sorted(loaded)), "a commit is not one moment"


def test_killed_when_a_statement_is_done_but_not_answered(stage: Stage) -> None:
    some = [*chosen(stage.statements[:-1], 32, first=16), stage.statements[-1]]
    loaded = [killed_at_statement(stage, place, "after") for place in some]
    assert (set(loaded), loaded) == ({False, True}, sorted(loaded)), "a commit is not one moment"


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_commit_all_of_it_is_there_or_nothing(stage: Stage, when: When) -> None:
    assert killed_at_statement(stage, ("COMMIT", 0), when) == (when == "after")


def test_killed_in_the_middle_of_a_block_of_copy(stage: Stage) -> None:
    assert not killed_at_statement(stage, ("COPY data", 0), "half")


def test_killed_when_one_block_is_written_and_the_next_half_copied(
    stopping_server: EmbeddedServer, crash_store: Store, tmp_path: Path
) -> None:
    large = Stage(stopping_server, crash_store, tmp_path, new=BLOCK + 500)
    blocks = [number for number, words in enumerate(large.said) if words.startswith("COPY incoming")]
    assert len(blocks) == 2, "the new tickets no longer make two blocks"
    assert not killed_at_statement(large, ("COPY data", large.said[: blocks[1]].count("COPY data")), "half")


def test_killed_where_rows_are_compared_when_all_are_staged(stage: Stage) -> None:
    with stage.scene() as scene:
        talk, merging = Talk(), '["checkpoints", "merging"]'
        killed = scene.run(database=talk, KILL_AT="after-upsert", FLEETFEED_FEEDS__INC__PLUGINS=merging)
        assert killed.code == -signal.SIGKILL
        assert any(said.startswith("DELETE FROM incoming") for said in talk.said), "it took the other way"
        stage.converges(scene)


def test_killed_before_a_request_reaches_the_store(stage: Stage) -> None:
    some = [*chosen(stage.requests[:-1], 12), stage.requests[-1]]
    loaded = [killed_at_request(stage, place, "before") for place in some]
    assert (set(loaded), loaded) == ({False, True}, sorted(loaded)), "a commit is not one moment"


def test_killed_when_any_request_is_done_so_also_between_copy_and_delete(stage: Stage) -> None:
    moves = [place for place in stage.requests if place[0].startswith(("COPY", "DELETE"))]
    some = [place for place in stage.requests if place in (*chosen(stage.requests, 12), *moves)]
    loaded = [killed_at_request(stage, place, "after") for place in some]
    assert (set(loaded), loaded) == ({False, True}, sorted(loaded)), "a commit is not one moment"


def killed_at_statement(stage: Stage, place: Place, when: When) -> bool:
    """Kill a run there, and check that the next one converges; return whether the first had loaded."""
    with stage.scene() as scene:
        killed = scene.run(database=Talk(Fault(place, when, scene.victim.kill)))
        assert killed.code == -signal.SIGKILL, f"{when} {place}"
        loaded = scene.is_loaded
        stage.converges(scene, f"killed {when} {place}")
    return loaded


def killed_at_request(stage: Stage, place: Place, when: When) -> bool:
    """Do the same at something that is asked of the store."""
    with stage.scene() as scene:
        assert scene.run(store=Talk(Fault(place, when, scene.victim.kill))).code == -signal.SIGKILL, f"{when} {place}"
        loaded = scene.is_loaded
        stage.converges(scene, f"killed {when} {place}")
    return loaded
