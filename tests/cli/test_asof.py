"""`fleetfeed asof`: a feed as it was at a time, after a run, or by the time of an export."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.cli.site import Site
from tests.kit import ticket
from tests.loaded import Loaded, has_loaded
from tests.servers import Server

CLOSED = {"normalized_status": "closed", "closed_at": "2026-11-20 09:00:00"}


@pytest.fixture(scope="module")
def two_loads(postgres: Server, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    """Load T1 and T2; then T1 is closed, and T2 has vanished."""
    exports = [[ticket("T1"), ticket("T2")], [ticket("T1", **CLOSED)]]
    with has_loaded(postgres, migrated, tmp_path_factory.mktemp("loads"), exports, accept_incomplete=True) as made:
        yield made


@pytest.fixture
def template(two_loads: Loaded) -> str:
    return two_loads.database


def test_it_counts_the_tickets_of_then_and_says_what_is_not_known(site: Site) -> None:
    result = site("asof", "inc", "--run", "1")
    lines = result.out.splitlines()
    assert lines[0].startswith("inc after run 1 of ")
    assert lines[0].endswith(": export001.csv, written 2026-11-20 10:00:00 EAT")
    assert lines[1:3] == ["  2 tickets, 2 open, 0 closed, 0 absent", "          2  open"]
    assert lines[-1].startswith("  not kept, and so empty: first_seen_at, last_seen_at")
    now = site("asof", "inc", "2100-01-01", "--json").document
    assert now["counts"] == {
        "tickets": 2, "open": 0, "closed": 1, "absent": 1, "by_status": {"closed": 1, "open": 1},
    }  # fmt: skip


def test_a_time_without_an_offset_is_one_of_the_projects_zone(site: Site) -> None:
    for time, run in (("2026-11-20 10:00", 1), ("2026-11-20T07:00:00+00:00", 1), ("2026-11-20 11:00", 2)):
        found = site("asof", "inc", time, "--by", "export", "--json").document
        assert found["as_of"]["run"] == run


def test_one_ticket_as_it_was(site: Site) -> None:
    then = site("asof", "inc", "--run", "1", "--ticket", "T1", "--json").document["ticket"]
    now = site("asof", "inc", "--run", "2", "--ticket", "T1", "--json").document["ticket"]
    assert (then["raw"]["normalized_status"], now["raw"]["normalized_status"]) == ("open", "closed")
    shown = site("asof", "inc", "--run", "2", "--ticket", "T2").out
    assert "  absent since the export of 2026-11-20 08:00 UTC" in shown
    missing = site("asof", "inc", "--run", "1", "--ticket", "T9")
    assert (missing.code, "no ticket 'T9' in inc after run 1" in missing.err) == (2, True)


def test_csv_and_map_hold_the_tickets_of_then(site: Site) -> None:
    rows = site("asof", "inc", "--run", "1", "--csv").out.splitlines()
    assert [row.partition(",")[0] for row in rows] == ["ticket_id", "T1", "T2"]
    document = json.loads(site("asof", "inc", "--run", "1", "--map").out)
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
def test_a_question_without_an_answer_exits_2(site: Site, args: tuple[str, ...], said: str) -> None:
    result = site("asof", "inc", *args)
    assert (result.code, said in " ".join(result.err.replace("│", " ").split())) == (2, True)
