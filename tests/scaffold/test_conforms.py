"""A feed as it is written keeps the laws of every feed before anybody has touched it."""

from __future__ import annotations

from pathlib import Path

import pytest
from fleetfeed.testing.checks import CHECKS, verdict

from fleetfeed.scaffold.new import new_feed
from fleetfeed.testing.subject import Address, Subject
from tests.scaffold.drafts import ZONE, project


@pytest.mark.timeout(400)
def test_a_new_feed_passes_the_conformance_kit_that_its_test_file_calls(tmp_path: Path) -> None:
    (tmp_path / "fleetfeed.toml").write_text('[project]\ntimezone = "Africa/Nairobi"\n')
    project(tmp_path, new_feed("thing", None, ZONE))
    subject = Subject(Address("thing", str(tmp_path)), examples=1)
    try:
        assert {law: verdict(subject, law) for law in CHECKS} == dict.fromkeys(CHECKS)
    finally:
        subject.close()
