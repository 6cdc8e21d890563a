"""Geocoders as plugins: found, put in order, given their settings; and the one that the documents show."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from fleetfeed import BadQuery, GeocodeQuery, Geocoder, GeocodeResult, NotUnderstood, Point, RateLimited
from fleetfeed.config.loader import load_settings
from fleetfeed.errors import PluginError
from fleetfeed.geocoding.policy import Provider
from fleetfeed.geocoding.providers import providers
from fleetfeed.plugins.registry import find
from fleetfeed.project import Project
from fleetfeed.stages import STAGES
from tests.fault_server import Answer, Asked, fault_server
from tests.geocoding.kit import KILIMANI, Scene, Told, plugin
from tests.kit import FEED, ROOT, ticket

QUERY = GeocodeQuery("Moi Avenue", FEED.country, KILIMANI)
ANSWER = """
from fleetfeed import Geocoder, GeocodeResult, Point, hookimpl

@hookimpl
def geocode(query):
    return GeocodeResult(Point(-1.3, 36.8), "street", {name!r})
"""
TOML = """
[project]
timezone = "Africa/Nairobi"
[feeds.inc]
source = "s3://tickets/inc/"
"""


def made(folder: Path, toml: str = "", **geocoders: str) -> Project:
    (folder / "fleetfeed.toml").write_text(TOML + toml)
    (folder / "geocoders").mkdir(exist_ok=True)
    for name, text in geocoders.items():
        (folder / "geocoders" / f"{name}.py").write_text(text)
    env = {"FLEETFEED_GEOCODERS__LOCATIONIQ__API_KEY": "canary-1"}
    return Project(load_settings(folder, env=env))


def asked(project: Project) -> list[Provider]:
    return list(project.geocoding(FEED).providers)


def answers(project: Project) -> list[str | None]:
    found = [provider.ask(QUERY) for provider in asked(project)]
    return [answer.display_name if answer else None for answer in found]


@pytest.mark.parametrize("order", [["one", "two"], ["two", "one"], ["two"]])
def test_geocoders_are_asked_in_the_order_of_the_settings_each_for_itself(tmp_path: Path, order: list[str]) -> None:
    files = {name: ANSWER.format(name=f"by {name}") for name in ("one", "two", "three")}
    project = made(tmp_path, f"geocoders = {order}\n", **files)
    assert [provider.name for provider in asked(project)] == order
    assert answers(project) == [f"by {name}" for name in order]


def test_a_feed_may_answer_itself_and_is_asked_first(tmp_path: Path) -> None:
    own = (ROOT / "feeds" / "inc" / "__init__.py").read_text("utf-8") + ANSWER.format(name="the feed")
    (tmp_path / "feeds" / "inc").mkdir(parents=True)
    shutil.copy(ROOT / "feeds" / "_network.py", tmp_path / "feeds")
    (tmp_path / "feeds" / "inc" / "__init__.py").write_text(own)
    project = made(tmp_path, 'geocoders = ["one"]\n', one=ANSWER.format(name="one"))
    assert answers(project) == ["the feed", "one"]


def test_without_a_setting_the_list_of_known_places_is_asked(tmp_path: Path) -> None:
    (gazetteer,) = asked(made(tmp_path))
    found = gazetteer.ask(GeocodeQuery("Kilimani"))
    assert (gazetteer.name, gazetteer.settings) == ("gazetteer", Geocoder())
    assert found is not None


def test_settings_win_over_what_a_geocoder_declares_and_leave_the_rest(tmp_path: Path) -> None:
    said = 'per_second = 0.5\nper_run = 7\nfile = "x.csv"\ncache = "7d"\n'
    project = made(tmp_path, f'geocoders = ["locationiq"]\n[geocoders.locationiq]\n{said}')
    (settings,) = (provider.settings for provider in asked(project))
    declared = plugin("locationiq").GEOCODER
    given = replace(declared, per_second=0.5, per_run=7, file=tmp_path / "x.csv", cache=timedelta(days=7))
    assert settings == replace(given, api_key="canary-1")
    assert (settings.per_minute, settings.per_day) == (60, 5000)
    assert "canary-1" not in repr(settings)


def test_a_broken_geocoder_is_reported_by_name(tmp_path: Path) -> None:
    project = made(tmp_path, 'geocoders = ["one"]\n', one="import nothing_of_that_name")
    with pytest.raises(PluginError, match="one cannot be loaded"):
        asked(project)
    assert project.limits(FEED) == {}


def test_a_misspelt_hook_is_reported_by_name(tmp_path: Path) -> None:
    project = made(
        tmp_path, 'geocoders = ["one"]\n', one=ANSWER.format(name="x").replace("def geocode", "def geo_code")
    )
    with pytest.raises(PluginError, match="geo_code"):
        asked(project)


def test_a_plugin_tells_that_it_is_a_geocoder() -> None:
    assert find(ROOT, ["geocoders"]).get("locationiq").hooks == ["geocode"]


def test_the_geocoder_of_the_documents_has_30_lines_and_works(tmp_path: Path) -> None:
    (text,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "geocoding.md").read_text("utf-8"), re.DOTALL)
    assert len(text.splitlines()) <= 30

    def register(asked: Asked) -> Answer:
        name = asked.query["name"]
        assert (asked.path, asked.query["token"], asked.query["bbox"]) == ("/find", "canary-2", QUERY.viewbox)
        errors = {
            "nowhere": Answer(status=204),
            "bad": Answer(b"?", 400),
            "busy": Answer(b"", 429),
            "proxy": Answer(b"<html>"),
        }
        house = b'{"lat": -1.3, "lon": "36.8", "kind": "house", "name": "Number 7"}'
        return errors.get(name, Answer(b'[%s, {"kind": "town"}]' % house))

    (tmp_path / "geocoders").mkdir()
    (tmp_path / "geocoders" / "register.py").write_text(text)
    manager = find(tmp_path, ["geocoders"]).manager(FEED, ["register"], stages=STAGES)
    with fault_server(register) as server:
        (provider,) = providers(manager, lambda name, said: replace(said, host=server.url, api_key="canary-2"))
        found = provider.ask(QUERY)
        assert provider.ask(replace(QUERY, text="nowhere")) is None
        for name, fault in {"bad": BadQuery, "busy": RateLimited, "proxy": NotUnderstood}.items():
            with pytest.raises(fault):
                provider.ask(replace(QUERY, text=name))
        provider.close()
    assert found is not None
    assert (found.point.longitude, found.precision, found.display_name) == (36.8, "venue", "Number 7")
    assert [(other.precision, other.point.exists) for other in found.others] == [("city", False)]


GOOD = GeocodeResult(KILIMANI, "street")
WRONG: list[dict[str, Any]] = [
    {"point": (-1.3, 36.8)},
    {"precision": ["street"]},
    {"precision": None},
    {"display_name": None},
    {"others": None},
    {"others": (None,)},
]
MALFORMED = [
    "somewhere",
    (-1.3, 36.8),
    *(replace(GOOD, **wrong) for wrong in WRONG),
    replace(GOOD, point=Point("-1.3", 36.8)),  # type: ignore[arg-type]
    replace(GOOD, others=(replace(GOOD, precision=7),)),  # type: ignore[arg-type]
]


@pytest.mark.parametrize("answer", MALFORMED, ids=range(len(MALFORMED)))
def test_an_answer_of_the_wrong_type_fails_nothing_else(scene: Scene, answer: Any) -> None:
    scene.place()
    scene.load(ticket("T1", location_name="Moi Avenue"))
    report = scene.geocode(Told(lambda query: answer, "wrong"), Told(GOOD, "right"), locations=True)
    assert scene.locations("status, provider") == {"Moi Avenue": ("ok", "right")}
    assert (report.pending, report.stopped) == (0, {})


def test_the_key_of_locationiq_is_nobody_elses(tmp_path: Path) -> None:
    (tmp_path / "fleetfeed.toml").write_text(TOML + "[geocoders.locationiq]\n[geocoders.other]\n")
    settings = load_settings(tmp_path, env={"GEOCODER_API_KEY": "canary-3"}).settings.geocoders
    assert settings["locationiq"].api_key == SecretStr("canary-3")
    assert settings["other"].api_key is None
