"""Plugins that do wrong in a run: each is told with its name, its hook and its line, and no other feed is concerned."""

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
from tests.cli.site import Site
from tests.kit import export, ticket
from tests.unit.dropped import DECLARED, dropping

HEAD = (
    DECLARED.strip()
    + """
from dataclasses import replace
from datetime import datetime
from fleetfeed import Changes, Row, RowRejected, Snapshot, StoredObject, Ticket
"""
)
PLAIN = "\n@hookimpl\ndef {}():\n    {}\n"
ROW = "\n@hookimpl\ndef {}(row):\n    {}\n"
WRAPPER = "\n@hookimpl(wrapper=True)\ndef {}():\n    {}\n"
SOURCE = "\n@hookimpl(wrapper=True)\ndef feed_source():\n    found = yield\n    return replace(found, {})\n"
TICKET = "\n@hookimpl(wrapper=True)\ndef feed_normalise():\n    ticket = yield\n    return replace(ticket, {})\n"
LINE = HEAD.count("\n") + 2  # of the hook's decorator
DIVISION = "raised ZeroDivisionError: division by zero"

# Feed: its code, and what is told of its hook. The run fails, and nothing of it is written.
FAILS: dict[str, tuple[str, str]] = {
    **{
        f"raises_in_{hook}": (PLAIN.format(f"feed_{hook}", "1 / 0"), f"`feed_{hook}` {DIVISION}")
        for hook in ("source", "filter", "normalise", "upsert")
    },
    "exits": (PLAIN.format("feed_filter", "raise SystemExit(0)"), "`feed_filter` raised SystemExit: 0"),
    "interrupts": (PLAIN.format("feed_filter", "raise KeyboardInterrupt"), "`feed_filter` raised KeyboardInterrupt"),
    "stops": (PLAIN.format("feed_normalise", "raise StopIteration"), "`feed_normalise` raised StopIteration"),
    "rejects_early": (PLAIN.format("feed_filter", "raise RowRejected('x')"), "`feed_filter` raised RowRejected: x"),
    "rejects_oddly": (PLAIN.format("feed_normalise", "raise RowRejected(7)"), "`feed_normalise` raised RowRejected: 7"),
    "wrapper_raises": (WRAPPER.format("feed_normalise", "yield; 1 / 0"), f"`feed_normalise` {DIVISION}"),
    "wrapper_first": (WRAPPER.format("feed_normalise", "1 / 0; yield"), f"`feed_normalise` {DIVISION}"),
    "wrapper_forgets": (
        WRAPPER.format("feed_normalise", "yield"),
        "`feed_normalise` answered None; it has to be",
    ),
    "wrapper_counts": (WRAPPER.format("feed_upsert", "yield"), "`feed_upsert` answered None; it has to be Changes"),
    "wrapper_twice": (WRAPPER.format("feed_filter", "yield; yield"), "`feed_filter` yields twice"),
    "wrapper_never": (WRAPPER.format("feed_filter", "if False: yield"), "`feed_filter` never yields"),
    "source_text": (
        PLAIN.format("feed_source", "return 'x.csv'"),
        "answered 'x.csv' (of type str); it has",
    ),
    "source_path": (SOURCE.format("path=str(found.path)"), "answered a Snapshot whose path is '"),
    "source_no_file": (SOURCE.format("path=found.path / 'x'"), "and no Path of a file"),
    "source_listed": (SOURCE.format("listed=None"), "answered a Snapshot whose listed is None, and no tuple"),
    "source_stored": (SOURCE.format("stored='x'"), "a Snapshot whose stored is 'x' (of type str), and no StoredObject"),
    "source_naive": (
        SOURCE.format("stored=replace(found.stored, last_modified=datetime(2026, 1, 1))"),
        "and no time with a zone",
    ),
    "filter_number": (PLAIN.format("feed_filter", "return 7"), "answered 7 (of type int); it has to be a reason"),
    "filter_true": (PLAIN.format("feed_filter", "return True"), "answered True (of type bool); it has to be a reason"),
    "filter_empty": (PLAIN.format("feed_filter", "return ''"), "answered '' (of type str); it has to be a reason"),
    "filter_nul": (PLAIN.format("feed_filter", "return 'a\\0'"), "answered 'a\\x00' (of type str); it has"),
    "ticket_dict": (
        PLAIN.format("feed_normalise", "return {'id': '1'}"),
        "answered {'id': '1'} (of type dict)",
    ),
    "ticket_key": (TICKET.format("key=1"), "answered a Ticket whose key is 1 (of type int)"),
    "ticket_no_key": (TICKET.format("key=''"), "answered a Ticket whose key is '' (of type str)"),
    "ticket_long_key": (TICKET.format("key='x' * 501"), "and no text of 1 to 500 characters"),
    "ticket_null": (
        TICKET.format("raw=dict(ticket.raw, status=None)"),
        "a Ticket whose raw['status'] is None",
    ),
    "ticket_int": (TICKET.format("raw=dict(ticket.raw, mttr=5)"), "a Ticket whose raw['mttr'] is 5 (of type int)"),
    "ticket_nul": (TICKET.format("raw=dict(ticket.raw, status='\\0')"), "a Ticket whose raw['status'] is '\\x00'"),
    "ticket_half": (
        TICKET.format("raw=dict(ticket.raw, status='\\ud800')"),
        "a Ticket whose raw['status'] is '\\ud800'",
    ),
    "ticket_raw": (TICKET.format("raw=[]"), "a Ticket whose raw is [] (of type list)"),
    "ticket_row": (TICKET.format("row=None"), "a Ticket whose row is None, and not the row it was made of"),
    "upsert_dict": (PLAIN.format("feed_upsert", "return {}"), "answered {} (of type dict); it has to be Changes"),
    "upsert_count": (
        PLAIN.format("feed_upsert", "return Changes(inserted='1')"),
        "Changes whose inserted is ",
    ),
    "upsert_nothing": (PLAIN.format("feed_upsert", "return Changes()"), "1 of them are not accounted for"),
}
# What goes wrong after the commit is a warning: the load stays.
WARNS: dict[str, tuple[str, str]] = {
    "raises_in_archive": (PLAIN.format("feed_archive", "1 / 0"), f"`feed_archive` {DIVISION}"),
    "archive_text": (
        PLAIN.format("feed_archive", "return 'moved'"),
        "answered 'moved' (of type str); it has",
    ),
    "archive_bytes": (
        PLAIN.format("feed_archive", "return [b'x']"),
        "answered [b'x'] (of type list); it has",
    ),
    "raises_in_history": (PLAIN.format("feed_history", "1 / 0"), f"`feed_history` {DIVISION}"),
    "history_exits": (PLAIN.format("feed_history", "exit(1)"), "`feed_history` raised SystemExit: 1"),
    "history_wrapper": (WRAPPER.format("feed_history", "yield; 1 / 0"), f"`feed_history` {DIVISION}"),
    "history_answers": (PLAIN.format("feed_history", "return 7"), "answered 7 (of type int); it has to be nothing"),
}
LOUD = {
    "prints": "\n@hookimpl\ndef feed_filter(row):\n    print('saw', row.key)\n",
    "prints_around": WRAPPER.format("feed_normalise", "print('before'); found = yield; print('after'); return found"),
}


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
    names = ["inc", *FAILS, "water", *WARNS, *LOUD, "last"]
    for name in names[1:]:
        drop(f"feeds/{name}.py", HEAD + plugins.get(name, ""))
        drop(f"buckets/{name}/export.csv", "id,status,at\n1,open,\n")
    drop("buckets/inc/export.csv", export([ticket("INC1")]).decode())
    feeds = "".join(f'[feeds.{name}]\nsource = "file://{folder}/buckets/{name}/"\n' for name in names)
    drop("fleetfeed.toml", f'[project]\ntimezone = "UTC"\n{feeds}')
    migrated_too = fleetfeed(folder, url, "-q", "migrate")
    assert migrated_too.returncode == 0, migrated_too.stderr
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
    assert ran.code == 1


@pytest.mark.parametrize("feed", FAILS)
def test_a_hook_that_does_wrong_is_named_and_its_feed_is_as_it_was(ran: Ran, feed: str) -> None:
    run, told = ran.runs[feed], FAILS[feed][1]
    assert told in run["error"]["cause"]
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


def test_the_line_is_told_where_it_was_raised_and_else_that_of_the_hook(ran: Ran) -> None:
    causes = {feed: ran.runs[feed]["error"]["cause"] for feed in ("raises_in_filter", "filter_number")}
    assert causes["raises_in_filter"].endswith(f"({ran.feeds}/raises_in_filter.py, line {LINE + 2}).")
    assert causes["filter_number"].endswith(f"({ran.feeds}/filter_number.py, line {LINE}).")


def test_what_hooks_print_goes_to_stderr_under_their_names(ran: Ran) -> None:
    told = [line for line in ran.err.splitlines() if line.startswith("plugin ")]
    assert told == ["plugin prints: saw 1", "plugin prints_around: before", "plugin prints_around: after"]


GEOCODERS = {
    "exits": ("raise SystemExit(3)", "it failed: Plugin exits: `geocode` raised SystemExit: 3 ("),
    "raises": ("print('asked'); 1 / 0", f"it failed: Plugin raises: `geocode` {DIVISION} ("),
    "texts": ("return 'over there'", "texts gave a str, not a GeocodeResult."),
}


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
    told = result.run["geocoding"]
    assert (result.code, result.run["outcome"], told["clusters"]["results"]) == (0, "loaded", {"ok": 4})
    assert told["stopped"].keys() == GEOCODERS.keys()
    for name, (_, why) in GEOCODERS.items():
        assert told["stopped"][name].startswith(why)
    assert {line for line in result.err.splitlines() if line.startswith("plugin ")} == {"plugin raises: asked"}
