"""`fleetfeed asof`: a feed as it was at a time, after a run, or by the time of an export."""

from __future__ import annotations

import json

import pytest

from tests.cli.site import Site
from tests.kit import Bench, ticket

CLOSED = {"normalized_status": "closed", "closed_at": "2026-11-20 09:00:00"}


@pytest.fixture
def loaded(site: Site, bench: Bench) -> Site:
    """Load T1 and T2; then T1 is closed, and T2 has vanished."""
    bench.loaded([ticket("T1"), ticket("T2")])
    bench.loaded([ticket("T1", **CLOSED)], accept_incomplete=True)
    return site


def test_it_counts_the_tickets_of_then_and_says_what_is_not_known(loaded: Site) -> None:
    result = loaded("asof", "inc", "--run", "1")
    lines = result.out.splitlines()
    assert lines[0].startswith("inc after run 1 of ")
    assert lines[0].endswith(": export001.csv, written 2026-11-20 10:00:00 EAT")
    assert lines[1:3] == ["  2 tickets, 2 open, 0 closed, 0 absent", "          2  open"]
    assert lines[-1].startswith("  not kept, and so empty: first_seen_at, last_seen_at")
    now = loaded("asof", "inc", "2100-01-01", "--json").document
    assert now["counts"] == {
        "tickets": 2, "open": 0, "closed": 1, "absent": 1, "by_status": {"closed": 1, "open": 1},
    }  # fmt: skip


def test_a_time_without_an_offset_is_one_of_the_projects_zone(loaded: Site) -> None:
    for time, run in (("2026-11-20 10:00", 1), ("2026-11-20T07:00:00+00:00", 1), ("2026-11-20 11:00", 2)):
        found = loaded("asof", "inc", time, "--by", "export", "--json").document
        assert found["as_of"]["run"] == run


def test_one_ticket_as_it_was(loaded: Site) -> None:
    then = loaded("asof", "inc", "--run", "1", "--ticket", "T1", "--json").document["ticket"]
    now = loaded("asof", "inc", "--run", "2", "--ticket", "T1", "--json").document["ticket"]
    assert (then["raw"]["normalized_status"], now["raw"]["normalized_status"]) == ("open", "closed")
    shown = loaded("asof", "inc", "--run", "2", "--ticket", "T2").out
    assert "  absent since the export of 2026-11-20 08:00 UTC" in shown
    missing = loaded("asof", "inc", "--run", "1", "--ticket", "T9")
    assert (missing.code, "no ticket 'T9' in inc after run 1" in missing.err) == (2, True)


def test_csv_and_map_hold_the_tickets_of_then(loaded: Site) -> None:
    rows = loaded("asof", "inc", "--run", "1", "--csv").out.splitlines()
    assert [row.partition(",")[0] for row in rows] == ["ticket_id", "T1", "T2"]
    document = json.loads(loaded("asof", "inc", "--run", "1", "--map").out)
    assert document["as_of"]["run"] == 1
    assert {each["properties"]["status"] for each in document["features"]} == {"open"}


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((), "give a time, or --run"),
        (("2026-11-20", "--run", "1"), "give a time, or --run"),
        (("yesterday",), "'yesterday' is no time"),
        (("--run", "1", "--csv", "--map"), "only one of --ticket, --csv and --map"),
        (("2000-01-01",), "The first load that can be is run 1 of"),
        (("--run", "77"), "run 77 is no load of feed inc that can be given back"),
    ],
)
def test_a_question_without_an_answer_exits_2(loaded: Site, args: tuple[str, ...], said: str) -> None:
    result = loaded("asof", "inc", *args)
    assert (result.code, said in " ".join(result.err.replace("│", " ").split())) == (2, True)
