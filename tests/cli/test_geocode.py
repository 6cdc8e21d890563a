"""Geocoding from the command line, with LocationIQ played by a server on the loopback."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator

import psycopg
import pytest

from tests.cli.locationiq import BOTH, KEY, TICKETS, located, provider, sources
from tests.cli.site import Site
from tests.fault_server import Answer, Asked
from tests.kit import ROOT, ticket


@pytest.fixture
def ready(site: Site) -> Iterator[Site]:
    """A migrated site; whatever it says and stores, the key is not in it."""
    yield site
    for table in ("geo_clusters", "geo_locations", "geo_budgets", "import_runs"):
        assert not any(KEY in text for (text,) in site.rows(f"SELECT to_jsonb(t)::text FROM tickets.{table} AS t"))


def test_a_run_maps_what_it_loads_and_the_next_one_asks_nobody(ready: Site) -> None:
    ready.put(TICKETS)
    with provider(ready) as server:
        first = ready("run", "inc", "--apply", "--json", *BOTH)
        asked = Counter(asked.query["q"] for asked in server.asked)
        second = ready("run", "inc", "--apply", "--json", *BOTH)

    assert (first.code, second.code) == (0, 0)
    assert asked == {"Kilimani": 1, "Quarry Road": 1, "Moi Avenue": 1, "nowhere": 1, "Far Street": 1}
    sent = {(one.path, one.query["key"], one.query["countrycodes"]) for one in server.asked}
    assert sent == {("/v1/search", KEY, "ke")}
    assert len(server.asked) == 5
    assert sources(ready) == {
        "INC1": ("location", "street"),
        "INC2": ("location", "street"),
        "INC3": ("cluster", "cluster"),
        "INC4": ("cluster", "cluster"),
        "INC5": (None, None),
    }
    reported = first.run["geocoding"]
    assert reported["clusters"] == {"due": 2, "waiting": 0, "unaskable": 0, "pending": 0, "results": {"ok": 2}}
    assert reported["locations"]["results"] == {"ok": 2, "not_found": 1, "rejected": 1}
    assert (reported["calls"], reported["pending"], reported["tickets_changed"]) == ({"locationiq": 5}, 0, 6)
    assert reported["tickets"] == {"cluster": 2, "street": 2, "unmapped": 1}
    assert reported["places"]["locations"] == {
        "ok": {"locationiq": 2},
        "not_found": {"locationiq": 1},
        "rejected": {"locationiq": 1},
    }
    assert reported["budgets"] == {"locationiq": {"calls_today": 5, "left_today": 99_995, "held_until": None}}
    assert (second.run["geocoding"]["calls"], second.run["outcome"]) == ({}, "empty")
    assert KEY not in first.out + first.err + second.out + second.err


def test_every_ticket_of_the_sample_with_a_cluster_is_mapped_offline(ready: Site) -> None:
    ready.put((ROOT / "feeds" / "inc" / "sample.csv").read_bytes())
    run = ready("run", "inc", "--apply", *BOTH)
    assert run.code == 0
    assert ready.rows("SELECT count(*) FROM tickets.inc WHERE cluster IS NOT NULL AND geom IS NULL") == [(0,)]
    assert ready.rows("SELECT count(*) FROM tickets.inc WHERE geom IS NOT NULL") == [(350,)]
    assert "  on map    349 cluster, 1 feed\n" in run.out
    assert "  on map    349 cluster, 1 feed\n" in ready("status").out


def test_a_dry_run_counts_what_it_would_ask_and_asks_nobody(ready: Site) -> None:
    ready.put(TICKETS)
    ready("run", "inc", "--apply")
    with provider(ready) as server, ready.untouched():
        reported = ready("run", "inc", "--json", *BOTH).run["geocoding"]
    assert server.asked == []
    assert (reported["applied"], reported["pending"]) == (False, 2)
    assert (reported["clusters"]["due"], reported["locations"]["waiting"]) == (2, 4)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(b"no", 500), "locationiq answered 500: no"),
        (Answer(b'{"error": "Invalid key"}', 401), "locationiq answered 401: Invalid key"),
    ],
)
def test_a_provider_outage_fails_no_load_and_pending_places_are_counted(ready: Site, answer: Answer, said: str) -> None:
    ready.put([ticket(f"INC{number}", cluster=f"Area {number}") for number in range(4)])
    with provider(ready, lambda asked: answer):
        run = ready("run", "inc", "--apply", *BOTH)
    assert run.code == 0
    assert ready.outcomes() == ["loaded"]
    assert f"  stopped   locationiq: {said}" in run.out
    assert "  4 places are still pending; later geocodings continue.\n" in run.out
    assert set(sources(ready).values()) == {(None, None)}


def test_a_broken_geocoder_is_a_warning_of_run_and_an_error_of_geocode(ready: Site) -> None:
    ready.put(TICKETS)
    ready.write(more='geocoders = ["ghost"]\n')
    run = ready("run", "inc", "--apply", *BOTH)
    assert (run.code, ready.outcomes()) == (0, ["loaded"])
    assert "warning   geocoding: There is no plugin 'ghost'" in run.out
    assert (
        ready("run", "inc", "--apply", "--json", *BOTH).run["warnings"][0].startswith("geocoding: There is no plugin")
    )
    assert ready("geocode", "inc", "--clusters").code == 2
    assert ready("status").code == 0


def test_a_slow_provider_is_not_waited_for_beyond_the_deadline(ready: Site) -> None:
    ready.put([ticket(f"INC{number}", cluster=f"Area {number}") for number in range(40)])

    def slow(asked: Asked) -> Answer:
        time.sleep(0.3)
        return located(asked)

    with provider(ready, slow) as server:
        began = time.monotonic()
        run = ready("run", "inc", "--apply", "--json", "--geocode-clusters", "--deadline", "16")
        took = time.monotonic() - began

    assert run.code == 0
    assert took < 16
    asked = len(server.asked)
    assert 0 < asked < 40
    assert run.run["geocoding"]["pending"] == 40 - asked
    assert ready.rows("SELECT count(*) FROM tickets.geo_clusters WHERE status = 'ok'") == [(asked,)]


def test_geocoding_ends_with_the_deadline_of_its_run_whatever_it_waits_for(ready: Site) -> None:
    ready.put(TICKETS)
    with provider(ready) as server, psycopg.connect(ready.url) as other:
        other.execute("LOCK TABLE tickets.geo_budgets")
        began = time.monotonic()
        run = ready("run", "inc", "--apply", "--json", "--deadline", "3", *BOTH)
        took = time.monotonic() - began
        other.rollback()

    assert took < 8  # the database itself would say so only after 10 s
    assert server.asked == []
    assert (run.code, run.run["outcome"]) == (0, "loaded")
    assert run.run["warnings"] == ["geocoding: the time of this run is over (--deadline); the next one continues"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_ended_at_any_moment_it_loses_at_most_the_answers_on_their_way(ready: Site, number: int, code: int) -> None:
    ready.put([ticket(f"INC{n}", cluster=f"Area {n}", location_name="") for n in range(30)])
    ready("run", "inc", "--apply")
    enough = threading.Event()

    def slow(asked: Asked) -> Answer:
        if len(server.asked) >= 12:
            enough.set()
        time.sleep(0.05)
        return located(asked)

    with provider(ready, slow, "per_run = 1000\n") as server:
        process = ready.process("geocode", "inc", "--clusters")
        assert enough.wait(60)
        process.send_signal(number)
        assert ready.ended(process).code == code
        time.sleep(0.1)
        asked = len(server.asked)
        ((kept,),) = ready.rows("SELECT count(*) FROM tickets.geo_clusters")
        again = ready("geocode", "inc", "--clusters")

    assert asked - 4 <= kept <= asked
    assert again.code == 0
    assert len(server.asked) - asked == 30 - kept
    assert set(sources(ready).values()) == {("cluster", "cluster")}


def test_the_command_tells_what_it_did_and_what_is_left(ready: Site) -> None:
    ready.put(TICKETS)
    ready("run", "inc", "--apply")
    with provider(ready):
        reported = ready("geocode", "inc", "--clusters", "--limit", "1").out
        document = ready("geocode", "inc", "--clusters", "--locations", "--json").document
    assert "clusters  2 to look up, 1 ok" in reported
    assert "calls     locationiq 1" in reported
    assert "1 place is still pending" in reported
    assert (document["feed"], document["geocoding"]["pending"]) == ("inc", 0)


def test_a_provider_that_refuses_us_fails_the_command(ready: Site) -> None:
    ready.put(TICKETS)
    ready("run", "inc", "--apply")
    with provider(ready, lambda asked: Answer(b'{"error": "Invalid key"}', 401)):
        refused = ready("geocode", "inc", "--clusters")
    with provider(ready, limits="per_run = 1\n"):
        spent = ready("geocode", "inc", "--clusters")
    assert (refused.code, spent.code) == (1, 0)
    assert "the 1 calls of one run are made" in spent.out


def test_wrong_usage_is_reported(ready: Site) -> None:
    for args in (("inc",), ("ghost", "--clusters"), ("inc", "--clusters", "--limit", "0")):
        assert ready("geocode", *args).code == 2
