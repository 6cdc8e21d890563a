"""`fleetfeed config show`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fleetfeed.cli import app

Write = Callable[[str], Path]

ENV = {
    "DATABASE_URL": "postgres://u:canary%2F1@h/d?password=canary2",
    "RUSTFS_ACCESS_KEY": "canary-3",
    "RUSTFS_SECRET_KEY": "canary-4",
    "GEOCODER_API_KEY": "canary-5",
    "FLEETFEED_STORE__REGIN": "canary-6",
}


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_no_secret_is_shown(write: Write, form: list[str]) -> None:
    project = write("[geocoders.locationiq]\n")
    result = CliRunner().invoke(app, ["--project", str(project), "config", "show", *form], env=ENV)
    assert result.exit_code == 0
    assert "canary" not in result.output
    assert "warning: FLEETFEED_STORE__REGIN is not a setting" in result.stderr


def test_one_document(write: Write) -> None:
    project = write("[geocoders.locationiq]\n")
    result = CliRunner().invoke(app, ["-q", "--project", str(project), "config", "show", "--json"], env=ENV)
    assert result.stderr == ""
    reported = json.loads(result.stdout)
    assert reported["schema_version"] == 1
    assert reported["file"] == str(project / "fleetfeed.toml")
    assert len(reported["warnings"]) == 1
    settings = {row["key"]: row for row in reported["settings"]}
    assert settings["database.url"] == {
        "key": "database.url",
        "value": "postgresql://u:***@h/d",
        "source": "environment",
        "name": "DATABASE_URL",
        "variable": "FLEETFEED_DATABASE__URL",
    }
    assert settings["geocoders.locationiq.api_key"]["value"] == "***"
    assert settings["feeds.inc.freshness.source_after"]["value"] == "26h"
    assert settings["feeds.inc.source"]["source"] == "file"


def test_lines_for_a_person(write: Write) -> None:
    project = write("")
    reported = CliRunner().invoke(app, ["--project", str(project), "config", "show"], env=ENV).stdout.splitlines()
    assert reported[0] == str(project / "fleetfeed.toml")
    lines = {line.split()[0]: line.split()[1:] for line in reported[2:]}
    assert lines["KEY"] == ["VALUE", "FROM", "VARIABLE"]
    assert lines["store.region"] == ["us-east-1", "default", "FLEETFEED_STORE__REGION"]
    assert lines["store.secret_key"] == ["***", "environment", "RUSTFS_SECRET_KEY", "FLEETFEED_STORE__SECRET_KEY"]
    assert lines["feeds.inc.schedule"] == ["-", "default", "FLEETFEED_FEEDS__INC__SCHEDULE"]


def test_help_does_not_load_pydantic() -> None:
    code = "import sys, fleetfeed.cli.config, fleetfeed.cli.context; print('pydantic' in sys.modules)"
    reported = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert reported.stdout == "False\n"


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_known_secret_that_was_pasted_into_another_key_is_masked(write: Write, form: list[str]) -> None:
    text = '[geocoders.locationiq]\n[store]\nregion = "canary-4"\n[feeds.two]\nsource = "s3://b/canary-3/"\n'
    project = write(f'{text}geocoders = ["canary-5"]\n')
    result = CliRunner().invoke(app, ["--project", str(project), "config", "show", *form], env=ENV)
    assert result.exit_code == 0
    assert "canary" not in result.output
    assert "s3://b/***/" in result.output
