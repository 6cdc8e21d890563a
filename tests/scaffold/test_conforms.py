"""A feed as it is written keeps the laws of every feed before anybody has touched it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetfeed.scaffold.new import new_feed
from fleetfeed.testing.feed_laws import FEED_LAWS
from fleetfeed.testing.subject import Subject
from fleetfeed.testing.trial import Trial
from tests.scaffold.drafts import ZONE, project


@pytest.mark.timeout(400)
def test_a_new_feed_passes_the_conformance_kit_that_its_test_file_calls(tmp_path: Path) -> None:
    (tmp_path / "fleetfeed.toml").write_text('[project]\ntimezone = "Africa/Nairobi"\n')
    project(tmp_path, new_feed("thing", None, ZONE))
    trial = Trial(Subject("thing", tmp_path), FEED_LAWS)
    assert {law: trial.verdict(law) for law in FEED_LAWS} == dict.fromkeys(FEED_LAWS)
