"""Whatever happens to a bucket, in whatever order: table, changes, ledgers and files are what the model says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from fleetfeed.database import Database
from fleetfeed.plugins.registry import find
from fleetfeed.stages import STAGES
from tests.buckets.stores import Store
from tests.histories.machine import Histories
from tests.histories.world import Folder, Prefix
from tests.kit import FEED, ROOT

SOAKS = settings.get_current_profile_name() == "soak"
pytestmark = pytest.mark.timeout(7200 if SOAKS else 900)  # to make a history that fails short takes minutes

HAPPENINGS = {
    *("loaded", "unchanged", "refused", "seen", "archived", "superseded", "gone", "truncated"),
    *("inserted", "updated", "absent", "returned", "dropped alarm", "dropped sentinel"),
    *("rejected too few fields", "rejected empty key", "rejected key in E-notation"),
}


def test_every_history_of_a_folder_goes_as_the_model_says(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fleetfeed.stages.upsert.BLOCK", 2)  # so that small exports have many blocks, too
    manager, numbers, reached = find(ROOT, ["feeds"]).manager(FEED, stages=STAGES), count(), Counter[str]()

    class History(Histories):
        def __init__(self) -> None:
            root = tmp_path / str(next(numbers))
            super().__init__(db, manager, Folder(root), Folder(root / "processed"), reached)

    run_state_machine_as_test(History, settings=_some(20, steps=30))
    assert HAPPENINGS - reached.keys() == set()


def test_every_history_of_an_s3_bucket_goes_as_the_model_says(db: Database, new_store: Callable[[], Store]) -> None:
    manager, reached = find(ROOT, ["feeds"]).manager(FEED, stages=STAGES), Counter[str]()

    class History(Histories):
        def __init__(self) -> None:
            store = new_store()
            super().__init__(db, manager, Prefix(store, "inc/"), Prefix(store, "inc/processed/"), reached)

    run_state_machine_as_test(History, settings=_some(50, steps=15))
    assert reached["archived"] > 0


def _some(share: int, *, steps: int) -> settings:
    """Play one history for so many examples of the profile; always the same ones, but when it soaks."""
    examples = settings().max_examples // share
    return settings(max_examples=examples, stateful_step_count=steps, derandomize=not SOAKS, print_blob=SOAKS)
