"""A law that holds of nothing proves nothing: what made exports bring about when a sound feed is put to the laws."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from fleetfeed.model import RunReport
from fleetfeed.testing.feed.bench import Bench
from fleetfeed.testing.feed.laws import FEED_LAWS, feed_trial
from tests.testing.kit import project

if TYPE_CHECKING:
    import pytest

EVERYTHING = {"dropped", "rejected", "superseded", "inserted", "updated", "unchanged", "absent", "truncated", "moved"}


def test_the_laws_see_everything_that_can_become_of_a_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, run = Counter[str](), Bench.run

    def counting(bench: Bench, *, apply: bool = True, by_sql: bool = False) -> RunReport:
        report = run(bench, apply=apply, by_sql=by_sql)
        counts = report.rows.as_dict() | {"truncated": report.truncated, "moved": len(report.archived)}
        seen.update({name: sum(count.values()) if isinstance(count, dict) else count for name, count in counts.items()})
        return report

    monkeypatch.setattr(Bench, "run", counting)
    subject = feed_trial("fibre", project(tmp_path)).subject
    FEED_LAWS["loads"][0](subject)
    assert {name for name in EVERYTHING if not seen[name]} == set()
