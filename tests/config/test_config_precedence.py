"""Flags over the environment over the file over the defaults; FLEETFEED_ names over aliases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from fleetfeed.config.loader import Origin, load_settings

STORE = '[store]\nregion = "of-the-file"\n'
VARIABLES = {"FLEETFEED_STORE__REGION": "of-the-variable", "RUSTFS_REGION": "of-the-alias"}

# strongest first: (overrides, environment, file) that give store.region, its value and its origin
LEVELS: list[tuple[dict[str, str], dict[str, str], str, str, Origin]] = [
    ({"store.region": "of-the-flag"}, {}, "", "of-the-flag", Origin("flag")),
    (
        {},
        {"FLEETFEED_STORE__REGION": "of-the-variable"},
        "",
        "of-the-variable",
        Origin("environment", "FLEETFEED_STORE__REGION"),
    ),
    ({}, {"RUSTFS_REGION": "of-the-alias"}, "", "of-the-alias", Origin("environment", "RUSTFS_REGION")),
    ({}, {}, STORE, "of-the-file", Origin("file", "fleetfeed.toml")),
    ({}, {}, "", "us-east-1", Origin("default")),
]


@pytest.mark.parametrize(("strong", "weak"), list(combinations(LEVELS, 2)))
def test_the_stronger_of_each_pair_wins(write: Callable[[str], Path], strong: Any, weak: Any) -> None:
    loaded = load_settings(write(strong[2] or weak[2]), strong[0] | weak[0], strong[1] | weak[1])
    assert loaded.settings.store.region == strong[3]
    assert loaded.origin["store.region"] == strong[4]


def test_a_flag_that_was_not_given_changes_nothing(write: Callable[[str], Path]) -> None:
    assert load_settings(write(STORE), {"store.region": None}, {}).settings.store.region == "of-the-file"


def test_an_empty_variable_is_not_given(write: Callable[[str], Path]) -> None:
    loaded = load_settings(write(STORE), env={"RUSTFS_REGION": "", "FLEETFEED_STORE__REGION": ""})
    assert loaded.settings.store.region == "of-the-file"


def test_the_environment_of_the_process_is_the_default(
    write: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEETFEED_STORE__REGION", "eu-west-1")
    assert load_settings(write("")).settings.store.region == "eu-west-1"


def test_every_value_has_an_origin(write: Callable[[str], Path]) -> None:
    loaded = load_settings(write(""), env={})
    assert loaded.origin["feeds.inc.source"] == Origin("file", "fleetfeed.toml")
    assert loaded.origin["feeds.inc.freshness.source_after"] == Origin("default")
    assert loaded.path.name == "fleetfeed.toml"
    assert loaded.warnings == []


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("SOURCE", "file:///exports", "file:///exports/"),
        ("ARCHIVE", "false", False),
        ("ARCHIVE", "s3://old/inc", "s3://old/inc/"),
        ("SCHEDULE", "5 * * * *", "5 * * * *"),
        ("GEOCODERS", "a, b", ["a", "b"]),
        ("GEOCODERS", "[]", []),
        ("PLUGINS", '["x"]', ["x"]),
        ("MAX_REJECT_RATIO", "0.5", 0.5),
        ("MAX_REJECT_RATIO", "1", 1.0),
    ],
)
def test_text_becomes_what_the_key_holds(write: Callable[[str], Path], name: str, text: str, expected: object) -> None:
    for how in ({"env": {f"FLEETFEED_FEEDS__INC__{name}": text}}, {"overrides": {f"feeds.inc.{name.lower()}": text}}):
        loaded = load_settings(write(""), **{"env": {}, **how})
        assert getattr(loaded.settings.feeds["inc"], name.lower()) == expected


def test_text_becomes_what_a_nested_key_holds(write: Callable[[str], Path]) -> None:
    project = write('[feeds.inc.sla]\nP1 = 60\n[geocoders.any]\nhost = "https://one"\n')
    env = {
        "FLEETFEED_FEEDS__INC__SLA__P1": "240",
        "FLEETFEED_FEEDS__INC__FRESHNESS__CHECKED_AFTER": "90s",
        "FLEETFEED_GEOCODERS__ANY__PER_SECOND": "0.5",
        "FLEETFEED_GEOCODERS__ANY__PER_DAY": "7",
        "FLEETFEED_GEOCODERS__ANY__API_KEY": "12345678",
    }
    settings = load_settings(project, env=env).settings
    assert settings.feeds["inc"].sla == {"P1": 240}
    assert settings.feeds["inc"].freshness.checked_after == timedelta(seconds=90)
    assert (settings.geocoders["any"].per_second, settings.geocoders["any"].per_day) == (0.5, 7)
    assert settings.geocoders["any"].api_key == SecretStr("12345678")


@pytest.mark.parametrize(
    ("archive", "expected"),
    [
        ("", "s3://tickets/automations/inc/processed/"),
        ("archive = false", None),
        ('archive = "s3://old/inc"', "s3://old/inc/"),
    ],
)
def test_where_processed_exports_go(write: Callable[[str], Path], archive: str, expected: str | None) -> None:
    assert load_settings(write(archive), env={}).settings.feeds["inc"].archive_url == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", timedelta(seconds=90)),
        ("60m", timedelta(hours=1)),
        ("26h", timedelta(hours=26)),
        ("2d", timedelta(days=2)),
    ],
)
def test_durations(write: Callable[[str], Path], text: str, expected: timedelta) -> None:
    loaded = load_settings(write(f'freshness.source_after = "{text}"'), env={})
    assert loaded.settings.feeds["inc"].freshness.source_after == expected
