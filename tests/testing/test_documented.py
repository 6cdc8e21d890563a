"""What docs/testing-plugins.md says of the kit is so, and the geocoder of docs/geocoding.md passes it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from fleetfeed.testing.feed.laws import FEED_LAWS
from fleetfeed.testing.geocoder.laws import GEOCODER_LAWS, geocoder_trial
from tests.kit import ROOT
from tests.testing.kit import project

REGISTER = [{"lat": "-1.2921", "lon": "36.7856", "kind": "road", "name": "Mill Lane"}]


def test_the_document_lists_every_law_with_the_one_that_it_builds_on() -> None:
    text = (ROOT / "docs" / "testing-plugins.md").read_text("utf-8")
    reported = re.findall(r"^\| `([\w-]+)` \| .* \| (?:`([\w-]+)` )?\|$", text, re.MULTILINE)
    assert reported == [(name, after) for laws in (FEED_LAWS, GEOCODER_LAWS) for name, (_, after) in laws.items()]


@pytest.mark.parametrize("law", GEOCODER_LAWS)
def test_the_geocoder_that_is_shown_in_the_documents_keeps_every_law(tmp_path: Path, law: str) -> None:
    text = (ROOT / "docs" / "geocoding.md").read_text("utf-8")
    (shown,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    made = project(tmp_path, geocoder=shown)
    (made / "geocoders" / "register.json").write_text(json.dumps(REGISTER))
    assert geocoder_trial("register", made).verdict(law) is None
