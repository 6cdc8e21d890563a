"""`fleetfeed teams`: a table for people, the document for programs, and names from fleetfeed.toml."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.site import Site
from tests.kit import Bench, ticket

NAMES = """
[teams]
desks = ["NOC"]

[teams.aliases]
"fld a" = "Field A"
"""


OPEN = ("open", "overdue")


def loaded(bench: Bench) -> None:
    """Load six tickets that Field A worked on and a desk closed, and one that nobody had."""
    at = (datetime.now(UTC) + timedelta(hours=2)).strftime("%Y-%m-%d %H:%M")  # an hour ago, in East Africa
    closed = {"normalized_status": "closed", "closed_at": at}
    keys = [f"T{number}" for number in range(6)]
    bench.loaded([*(ticket(key, assigned_team="FLD  A") for key in keys), ticket("T8", assigned_team="")])
    bench.loaded(
        [
            *(ticket(key, assigned_team="NOC", **closed) for key in keys),
            ticket("T8", assigned_team="", **closed),
            ticket("T9", assigned_team="Field A\x1b[31m"),
        ]
    )


def test_people_get_a_table_with_the_names_of_the_settings(site: Site, bench: Bench) -> None:
    site.write(more=NAMES)
    site("migrate")
    loaded(bench)
    result = site("teams", "inc", "--window", "24h")
    first, totals, *lines = result.out.splitlines()

    assert first.startswith("inc: closed 2")
    assert totals.startswith("  7 repaired, 0 cancelled; attributed since 2")
    assert [line.split() for line in lines[:3]] == [
        ["team", "worked", "closed", "cancelled", "lasted", "reopened", "held", "to", "repair", "in", "target", *OPEN],
        ["Field", "A", "6", "0", "0", "–", "0", "60", "min", "–", "–", "0", "0"],
        ["NOC", "(desk)", "0", "6", "0", "–", "0", "–", *lines[2].split()[8:]],
    ]
    assert len({len(line) for line in lines[:4]}) == 1
    assert "\x1b" not in result.out
    assert lines[4:] == [
        "  1 repaired without a known team (unattributed)",
        "  6 handed over from Field A to NOC",
    ]


def test_programs_get_the_document_of_one_cluster(site: Site, bench: Bench) -> None:
    loaded(bench)
    document = site("teams", "inc", "--cluster", "nowhere", "--json").document

    assert (document["schema_version"], document["filters"]["cluster"]) == (1, "nowhere")
    assert (document["teams"], document["totals"]["closed"]) == ([], 0)


def test_a_cluster_that_no_ticket_has_is_named(site: Site, bench: Bench) -> None:
    loaded(bench)
    wrong = site("teams", "inc", "--cluster", "kilimanni")
    assert wrong.out.splitlines()[-1] == "  No ticket is in cluster 'kilimanni'; did you mean `Kilimani`?"
    assert site("teams", "inc", "--cluster", "x").out.splitlines()[-1] == "  No ticket is in cluster 'x'."
    assert "No ticket" not in site("teams", "inc", "--cluster", "(none)").out


def test_before_the_first_load_there_is_nothing_to_show(site: Site) -> None:
    assert site("teams", "inc").out.splitlines()[1:] == ["  Nothing is captured yet."]


@pytest.mark.parametrize("arguments", [["inc", "--window", "2w"], ["ink"], []])
def test_wrong_usage_is_refused(site: Site, arguments: list[str]) -> None:
    assert site("teams", *arguments).code == 2


def test_a_reader_may_ask(site: Site, bench: Bench) -> None:
    loaded(bench)
    assert site("teams", "inc", PGOPTIONS="-c role=fleetfeed_reader").code == 0
