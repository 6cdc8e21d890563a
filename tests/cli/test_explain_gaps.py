"""What is explained of tickets that are gone, absent, or older than fleetfeed."""

from __future__ import annotations

import pytest

from fleetfeed.explain import absences
from tests.cli.explained import explained
from tests.cli.site import Site
from tests.kit import Bench, ticket


def test_a_ticket_that_was_deleted_by_hand_still_has_a_past(site: Site, bench: Bench) -> None:
    bench.loaded([ticket("T1")])
    site.rows("DELETE FROM tickets.inc")
    assert explained(site, "T1")["now"] is None
    assert site("explain", "inc", "T1").out.splitlines()[0] == "inc T1: no longer in the table"


def test_what_an_earlier_program_wrote_is_reported_without_a_run(site: Site) -> None:
    raw = '{"owner": null, "cluster": 7, "latitude": -1.28, "longitude": 36.8, "is_actionable": true}'
    site.rows(f"INSERT INTO tickets.inc (ticket_id, raw) VALUES ('T9', '{raw}')")
    site.rows("INSERT INTO tickets.closure_events (feed, ticket_id) VALUES ('inc', 'T9')")
    found = explained(site, "T9")
    assert (found["events"], found["now"]["place"]["source"]) == ([], "feed")
    assert found["now"]["raw"] == {
        "cluster": "7",
        "latitude": "-1.28",
        "longitude": "36.8",
        "is_actionable": "true",
    }
    reported = site("explain", "inc", "T9").out
    assert "  written   by run of an earlier program, " in reported
    assert "  closure   at no known time, observed " in reported
    assert "None" not in reported


@pytest.mark.parametrize(
    ("kinds", "wanted"),
    [
        ("", []),
        ("inserted updated", []),
        ("inserted absent", [(1, None)]),
        ("absent returned absent updated returned", [(0, 1), (2, 4)]),
        ("returned absent", [(1, None)]),
        ("absent returned returned", [(0, 1)]),
    ],
)
def test_absences_are_paired_with_returns(kinds: str, wanted: list[tuple[int, int | None]]) -> None:
    events = [{"kind": kind, "observed_at": place} for place, kind in enumerate(kinds.split())]
    assert absences(events) == [{"since": since, "until": until} for since, until in wanted]
