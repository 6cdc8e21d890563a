"""A feed as it is written keeps the laws of every feed before anybody has touched it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetfeed.scaffold.new import new_feed
from fleetfeed.testing.feed.laws import FEED_LAWS, feed_trial
from tests.scaffold.drafts import ZONE, project
from tests.scaffold.real_exports import GLPI


@pytest.mark.timeout(400)
def test_a_new_feed_passes_the_conformance_kit_that_its_test_file_calls(tmp_path: Path) -> None:
    (tmp_path / "fleetfeed.toml").write_text('[project]\ntimezone = "Africa/Nairobi"\n')
    project(tmp_path, new_feed("thing", None, ZONE))
    trial = feed_trial("thing", tmp_path)
    assert {law: trial.verdict(law) for law in FEED_LAWS} == dict.fromkeys(FEED_LAWS)


@pytest.mark.timeout(200)
def test_a_feed_without_closing_times_keeps_the_laws_of_what_is_read(tmp_path: Path) -> None:
    (tmp_path / "fleetfeed.toml").write_text('[project]\ntimezone = "Africa/Nairobi"\n')
    export = tmp_path / "open.csv"
    export.write_text(GLPI)
    file = project(tmp_path, new_feed("thing", export, ZONE))
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if 'choose("' not in line))
    laws = ("declaration", "sample", "reading")
    trial = feed_trial("thing", tmp_path)
    assert {law: trial.verdict(law) for law in laws} == dict.fromkeys(laws)
