"""The fleetfeed.toml of this repository loads, and has every key that there is."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from fleetfeed.config.keys import KEYS, SECRETS
from fleetfeed.config.loader import load_settings
from fleetfeed.pipeline.checks import MANY_REJECTS

PROJECT = Path(__file__).parents[2]
_ANY_NAMES = ("sla", "penalty_m", "aliases", "by_owner")


def documented() -> set[tuple[str, ...]]:
    """Collect the keys of the file, commented ones too; a secret is reported in the comments of its table."""
    found: set[tuple[str, ...]] = set()
    table: tuple[str, ...] = ()
    for line in (PROJECT / "fleetfeed.toml").read_text("utf-8").splitlines():
        if header := re.match(r"\[(.+?)\]", line):
            table = tuple(header[1].split("."))
            table = (*table[:2], "*") if table[:2] == ("serve", "tokens") else table
            table = (table[0], "*", *table[2:]) if table[0] in ("feeds", "geocoders", "positions") else table
        if key := re.match(r'(?:# )?"?([\w ]+?)"? *=', line):
            found.add((*table, "*" if table[-1] in _ANY_NAMES else key[1]))
        found |= {key for key in SECRETS if key[:-1] == table and key[-1] in line.partition("#")[2]}
    return found


def test_every_key_is_documented_and_every_documented_key_exists() -> None:
    assert documented() == set(KEYS)


def test_the_floor_for_rejects_is_documented_beside_the_ratio() -> None:
    (line,) = [line for line in (PROJECT / "fleetfeed.toml").read_text("utf-8").splitlines() if "max_reject" in line]
    assert f"up to {MANY_REJECTS} never do" in line


def test_the_file_of_this_repository_loads() -> None:
    loaded = load_settings(PROJECT, env={})
    inc = loaded.settings.feeds["inc"]
    assert loaded.warnings == []
    assert loaded.settings.project.timezone == "Africa/Nairobi"
    assert (inc.source, inc.archive_url) == (
        "s3://tickets/automations/inc/",
        "s3://tickets/automations/inc/processed/",
    )
    assert inc.sla == {"default": 2880}
    assert inc.freshness.source_after == timedelta(hours=26)
    assert loaded.settings.geocoders["locationiq"].cache == timedelta(hours=48)
