"""Who hears of the end of a run: the ping after one that did well, and each plugin with `feed_ended` after any."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from tests.cli.notified import DOWN, TOKEN, WRONG_KEY
from tests.cli.site import Site
from tests.fault_server import Answer, fault_server
from tests.kit import ticket

LISTENER = """
import json
from pathlib import Path

from fleetfeed import hookimpl

@hookimpl
def feed_ended(run, db):
    heard = [run.feed, run.outcome, db and db.one("SELECT count(*) FROM tickets.import_runs"), run.run_id]
    with Path("heard").open("a") as file:
        file.write(json.dumps(heard) + "\\n")
"""
FAILING = """
from fleetfeed import hookimpl

@hookimpl
def feed_ended(db):
    db.execute("BEGIN")
    raise ZeroDivisionError("a mistake")
"""


def heard(site: Site) -> list[Any]:
    return [json.loads(line) for line in (site.folder / "heard").read_text().splitlines()]


def test_a_plugin_hears_of_every_applied_run_whatever_its_outcome(site: Site) -> None:
    site.listen(listener=LISTENER)
    site.put([ticket("INC1")])
    site("run", "inc")
    site("run", "inc", "--apply")
    site("run", "inc", "--apply", **WRONG_KEY)
    site.put(b"<html>")
    site("run", "inc", "--apply")
    with psycopg.connect(site.url) as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended('fleetfeed:inc', 0))")
        site("run", "inc", "--apply")
    site("run", "inc", "--apply", **DOWN)
    assert heard(site) == [
        ["inc", "loaded", 1, 1],
        ["inc", "failed", 2, 2],
        ["inc", "refused", 3, 3],
        ["inc", "busy", 4, 4],
        ["inc", "failed", None, None],
    ]


def test_a_run_that_its_deadline_ends_is_entered_before_it_is_heard_of(site: Site) -> None:
    site.listen(listener=LISTENER)
    site.put([ticket("INC1")])
    with psycopg.connect(site.url) as other:
        other.execute("LOCK TABLE tickets.import_meta IN SHARE ROW EXCLUSIVE MODE")
        assert site("run", "inc", "--apply", "--deadline", "3").code == 1
    assert heard(site) == [["inc", "failed", 1, 2]]  # the number of the run that was rolled back is used up


def test_observers_run_for_a_broken_feed_and_their_prints_are_labelled(site: Site) -> None:
    site.listen(
        listener=LISTENER.replace("    heard =", "    print('heard')\n    heard ="), broken="import nothing_there"
    )
    (site.folder / "feeds" / "inc.py").write_text("import no_such_module\n")
    result = site("run", "inc", "--apply", "--json")
    assert (result.code, result.run["outcome"]) == (2, "failed")
    assert "plugin listener: heard" in result.err.splitlines()
    assert heard(site) == [["inc", "failed", 0, None]]


SLOW = """
from threading import Event
from fleetfeed import hookimpl

@hookimpl
def feed_history():
    Event().wait(60)
"""


def test_a_load_committed_before_the_deadline_is_reported_as_loaded(site: Site) -> None:
    site.listen(slow=SLOW, listener=LISTENER)
    site.put([ticket("INC1")])
    result = site("run", "inc", "--apply", "--deadline", "3", "--json")
    reported = result.run
    assert (result.code, reported["outcome"], reported["run_id"], reported["rows"]["inserted"]) == (1, "loaded", 1, 1)
    assert reported["error"]["kind"] == "DeadlineExceeded"
    assert site.outcomes() == ["loaded"]
    assert heard(site) == [["inc", "loaded", 1, 1]]


def test_a_listener_that_fails_is_a_warning_and_stops_nobody(site: Site) -> None:
    site.listen(failing=FAILING, listener=LISTENER)
    site.put([ticket("INC1")])
    run = site("run", "inc", "--apply", "--json")
    assert (run.code, run.run["outcome"]) == (0, "loaded")
    (warning,) = run.run["warnings"]
    assert warning.startswith("ended: Plugin failing: `feed_ended` raised ZeroDivisionError: a mistake (")
    assert heard(site) == [["inc", "loaded", 1, 1]]


def test_each_applied_run_that_does_well_pings_and_no_other(site: Site) -> None:
    with fault_server(lambda asked: Answer()) as server:
        site.env["FLEETFEED_NOTIFY__PING"] = f"{server.url}/{TOKEN}/{{feed}}?m=ok"
        site.put([ticket("INC1")])
        pings = []
        for args in ((), ("--apply",), ("--apply", "--deadline", "200")):
            assert site("run", "inc", *args).code == 0
            pings.append(len(server.asked))
        site("run", "inc", "--apply", **WRONG_KEY)
        site("run", "inc", "--apply", **DOWN)
    assert pings == [0, 1, 2]
    assert [(asked.method, asked.path, asked.query) for asked in server.asked] == [
        ("GET", f"/{TOKEN}/inc", {"m": "ok"})
    ] * 2


def test_the_address_of_the_ping_may_stand_in_a_file(site: Site) -> None:
    with fault_server(lambda asked: Answer()) as server:
        (site.folder / "ping").write_text(f"{server.url}/{TOKEN}\n")
        site("run", "inc", "--apply", FLEETFEED_NOTIFY__PING_FILE=str(site.folder / "ping"))
    assert [asked.path for asked in server.asked] == [f"/{TOKEN}"]


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_ping_that_nobody_hears_is_a_warning_of_the_run_and_no_more(site: Site, form: tuple[str, ...]) -> None:
    site.put([ticket("INC1")])
    with fault_server(lambda asked: Answer(asked.path.encode(), 503)) as server:
        result = site("run", "inc", "--apply", *form, FLEETFEED_NOTIFY__PING=f"{server.url}/{TOKEN}")
    reported = "The ping (FLEETFEED_NOTIFY__PING) was not delivered: it answered 503."
    assert (result.code, reported in result.out, TOKEN in result.out + result.err) == (0, True, False)
    assert site.tickets() == {"INC1": "open"}


@pytest.mark.parametrize(
    "address", ["hooks.example.org/x", "ftp://h/x", "https:///x", "https://h:99999/x", "https://h/a b"]
)
def test_an_invalid_address_is_named_by_its_variable_and_not_repeated(site: Site, address: str) -> None:
    result = site("status", FLEETFEED_NOTIFY__WEBHOOK=address)
    assert result.code == 2
    assert "FLEETFEED_NOTIFY__WEBHOOK: notify.webhook: should be an address such as https://HOST/TOKEN" in result.err
    assert address not in result.err


def test_an_address_in_the_file_is_refused_and_not_repeated(site: Site) -> None:
    site.write(more=f'\n[notify]\nping = "https://push.example.org/{TOKEN}"\n')
    result = site("status")
    assert (result.code, TOKEN in result.err) == (2, False)
    assert "notify.ping: a secret does not belong into the file; set FLEETFEED_NOTIFY__PING instead" in result.err
