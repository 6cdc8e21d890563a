"""Plugins that do wrong in a run: each is named with its hook and its line, and no other feed is concerned."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fleetfeed.database import Database, connect
from tests.cli.faulty import FAILS, GEOCODERS, HEAD, KEYWORDS, LINE, LOUD, PLAIN, UNUSABLE, WARNS
from tests.cli.site import Site
from tests.kit import export, ticket
from tests.plugins.dropped import dropping

pytestmark = pytest.mark.timeout(300)  # the first of them waits until fifty feeds are migrated and run


@dataclass(frozen=True)
class Ran:
    """What one `run --all --apply` of good and bad feeds did."""

    code: int
    err: str
    runs: dict[str, dict[str, Any]]
    db: Database
    feeds: Path


def fleetfeed(project: Path, url: str, *args: str) -> subprocess.CompletedProcess[str]:
    foreign = ("FLEETFEED_", "RUSTFS_", "AWS_", "PG", "DATABASE_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(foreign)} | {"DATABASE_URL": url}
    command = [sys.executable, "-m", "fleetfeed", *args]
    return subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def ran(
    tmp_path_factory: pytest.TempPathFactory, new_database: Callable[[str | None], str], migrated: str
) -> Iterator[Ran]:
    """Run all of them once, the good ones at the beginning, in the middle and at the end."""
    folder, url = tmp_path_factory.mktemp("bad"), new_database(migrated)
    drop = dropping(folder)
    plugins = {name: code for name, (code, _) in (FAILS | WARNS).items()} | LOUD
    names = ["inc", *UNUSABLE, *FAILS, "water", *WARNS, *LOUD, "no_key", "last"]
    for name in names[1:]:
        drop(f"feeds/{name}.py", UNUSABLE[name][0] if name in UNUSABLE else HEAD + plugins.get(name, ""))
        drop(f"buckets/{name}/export.csv", "id,status,at\n1,open,\n")
    drop("feeds/last.py", KEYWORDS)
    drop("feeds/no_key.py", HEAD.replace('key="id"', 'key="number"'))
    drop("feeds/shared/__init__.py", HEAD)
    drop("buckets/last/export.csv", "id,status,at,select,user,order\n1,open,,a,b,c\n")
    drop("buckets/inc/export.csv", export([ticket("INC1")]).decode())
    feeds = "".join(f'[feeds.{name}]\nsource = "file://{folder}/buckets/{name}/"\n' for name in names)
    drop("fleetfeed.toml", f'[project]\ntimezone = "Africa/Nairobi"\n{feeds}')
    migrated_too = fleetfeed(folder, url, "-q", "migrate")
    assert migrated_too.returncode == 2, migrated_too.stderr  # and all that can be used is migrated
    done = fleetfeed(folder, url, "-q", "run", "--all", "--apply", "--json")
    document = json.loads(done.stdout)  # one document, whatever plugins print
    with connect(url, "look") as db:
        yield Ran(done.returncode, done.stderr, {run["feed"]: run for run in document["runs"]}, db, folder / "feeds")


def tickets(ran: Ran, feed: str) -> int:
    return int(ran.db.one(f"SELECT count(*) FROM tickets.{feed}"))


@pytest.mark.parametrize("feed", ["inc", "water", "last"])
def test_the_good_feeds_are_loaded_whatever_goes_wrong_beside_them(ran: Ran, feed: str) -> None:
    run = ran.runs[feed]
    assert (run["outcome"], run["error"], run["warnings"], tickets(ran, feed)) == ("loaded", None, [], 1)
    assert ran.code == 2  # the worst of all


@pytest.mark.parametrize("feed", UNUSABLE)
def test_a_plugin_that_cannot_be_used_is_named_and_nothing_is_made_of_it(ran: Ran, feed: str) -> None:
    error = ran.runs[feed]["error"]
    assert error["kind"] == "PluginError"
    assert error["cause"].startswith(f"Plugin {feed} cannot be loaded: ")
    assert UNUSABLE[feed][1] in error["cause"]
    assert ran.db.one("SELECT to_regclass(%s) IS NULL", [f"tickets.{feed}"])


def test_an_export_without_the_key_is_refused_with_its_columns(ran: Ran) -> None:
    run = ran.runs["no_key"]
    assert run["outcome"] == "refused"
    assert "its header does not name 'number' (it begins: id, status, at)" in run["error"]["cause"]


def test_words_of_sql_are_names_of_columns_like_others(ran: Ran) -> None:
    assert ran.db.all('SELECT "select", "user", "order" FROM tickets.last') == [("a", "b", "c")]


@pytest.mark.parametrize("feed", FAILS)
def test_a_hook_that_does_wrong_is_named_and_its_feed_is_as_it_was(ran: Ran, feed: str) -> None:
    run, reported = ran.runs[feed], FAILS[feed][1]
    assert reported in run["error"]["cause"]
    if feed != "upsert_nothing":  # whose answer is of the right type: the law of balance finds it
        assert run["error"]["kind"] == "PluginFault"
        assert run["error"]["cause"].startswith(f"Plugin {feed}: `feed_")
    assert (run["outcome"], tickets(ran, feed)) == ("failed", 0)
    assert ran.db.one("SELECT outcome FROM tickets.import_runs WHERE feed = %s", [feed]) == "failed"


@pytest.mark.parametrize("feed", WARNS)
def test_what_goes_wrong_after_the_commit_is_a_warning_that_names_the_hook(ran: Ran, feed: str) -> None:
    run = ran.runs[feed]
    (warning,) = run["warnings"]
    assert f"Plugin {feed}: " in warning
    assert WARNS[feed][1] in warning
    assert (run["outcome"], run["error"], tickets(ran, feed)) == ("loaded", None, 1)


def test_the_line_is_where_it_was_raised_and_else_that_of_the_hook(ran: Ran) -> None:
    causes = {feed: ran.runs[feed]["error"]["cause"] for feed in ("raises_in_filter", "filter_number")}
    assert causes["raises_in_filter"].endswith(f"({ran.feeds}/raises_in_filter.py, line {LINE + 2}).")
    assert causes["filter_number"].endswith(f"({ran.feeds}/filter_number.py, line {LINE}).")


def test_what_hooks_print_goes_to_stderr_under_their_names(ran: Ran) -> None:
    reported = [line for line in ran.err.splitlines() if line.startswith("plugin ")]
    assert reported == ["plugin prints: saw 1", "plugin prints_around: before", "plugin prints_around: after"]


def test_geocoders_that_do_wrong_are_named_and_the_next_one_is_asked(site: Site) -> None:
    (site.folder / "geocoders").mkdir()
    for name, (code, _) in GEOCODERS.items():
        text = "from fleetfeed import hookimpl" + PLAIN.format("geocode", code)
        (site.folder / "geocoders" / f"{name}.py").write_text(text)
    names = json.dumps([*GEOCODERS, "gazetteer"])
    toml = site.folder / "fleetfeed.toml"
    site.write(more=f"geocoders = {names}\n")
    toml.write_text(toml.read_text().replace('["feeds"]', '["feeds", "geocoders"]'))
    site.put([ticket(f"INC{area}", cluster=area) for area in ("Kilimani", "Embakasi", "Westlands", "Karen")])
    result = site("-q", "run", "inc", "--apply", "--geocode-clusters", "--json")
    reported = result.run["geocoding"]
    assert (result.code, result.run["outcome"], reported["clusters"]["results"]) == (0, "loaded", {"ok": 4})
    assert reported["stopped"].keys() == GEOCODERS.keys()
    for name, (_, why) in GEOCODERS.items():
        assert reported["stopped"][name].startswith(why)
    assert {line for line in result.err.splitlines() if line.startswith("plugin ")} == {"plugin raises: asked"}
