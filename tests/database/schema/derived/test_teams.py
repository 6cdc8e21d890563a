"""What readers see of teams: histories with a meant answer, names of fleetfeed.toml, shares and sums."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from fleetfeed.database import Database
from fleetfeed.database.schema.current import check
from fleetfeed.database.schema.migrate import migrate
from fleetfeed.database.schema.settings import Terms
from fleetfeed.database.schema.teams import TeamTerms
from fleetfeed.errors import SchemaBehind
from tests.database.schema.derived.kit import TERMS, call, capture, dashboard, done
from tests.database.schema.derived.payloads import TEAMS, wrong
from tests.database.schema.derived.test_contract_document import members
from tests.kit import FEED, MIGRATIONS, ROOT, Bench, ticket

A, B, NOC = "Field A", "Field B", "NOC"
WINDOW = {"p_window": "custom", "p_from": "2026-11-01 00:00+03", "p_to": "2026-12-01 00:00+03"}


def teams(db: Database, **arguments: Any) -> dict[str, Any]:
    found = call(db, "reporting.fn_inc_teams", WINDOW | arguments)
    assert wrong(TEAMS, found) == []
    return found


def numbers(document: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """Give the closures of each team as closer and as worker; (?) stands for none."""
    found = {row["team"]: (row["closed"]["as_closer"], row["closed"]["as_worker"]) for row in document["teams"]}
    nobody = document["unattributed"]["closed"]
    return {team: both for team, both in found.items() if any(both)} | ({"?": (nobody, nobody)} if nobody else {})


def named(db: Database, **settings: Any) -> None:
    """Let fleetfeed.toml name teams."""
    migrate(db, MIGRATIONS, [FEED], terms=replace(TERMS, teams=TeamTerms(**settings)))


@pytest.fixture
def bench(own_bench: Bench) -> Bench:
    """Give a database that knows one desk and one alias."""
    named(own_bench.db, desks=(NOC,), aliases={"FLD A": A})
    return own_bench


HISTORIES: dict[str, tuple[list[dict[str, str]], dict[str, tuple[int, int]]]] = {
    "its closing time is corrected": ([ticket("T"), done("T"), done("T", "2026-11-19 11:00:00")], {A: (1, 1)}),
    "the closing row names no team": ([ticket("T"), done("T", assigned_team="")], {A: (1, 1)}),
    "a desk takes it over and closes it": ([ticket("T"), done("T", assigned_team=NOC)], {NOC: (1, 0), A: (0, 1)}),
    "it never had a team": ([ticket("T", assigned_team=""), done("T", assigned_team="")], {"?": (1, 1)}),
    "it is reopened and closed by another": (
        [ticket("T"), done("T"), ticket("T", assigned_team=B), done("T", "2026-11-20 11:00:00", assigned_team=B)],
        {A: (1, 1), B: (1, 1)},
    ),
    "its team is spelled in another way": ([ticket("T", assigned_team="fld  a"), done("T")], {A: (1, 1)}),
    "it is cancelled": (
        [ticket("T"), ticket("T", normalized_status="cancelled", closed_at="2026-11-19 10:00:00")],
        {},
    ),
    "only a desk had it": ([ticket("T", assigned_team=NOC), done("T", assigned_team=NOC)], {NOC: (1, 1)}),
    "it was first seen closed": ([ticket("T2"), done("T")], {A: (1, 1)}),
    "a team had it longer in two parts": (
        [
            *(ticket("T", assigned_team=team) for team in (A, B)),
            ticket("T", assigned_team=B, owner="Amina"),
            ticket("T"),
            done("T"),
        ],
        {A: (1, 0), B: (0, 1)},
    ),
}


@pytest.mark.parametrize("history", HISTORIES)
def test_a_history_has_the_meant_closer_and_worker(bench: Bench, history: str) -> None:
    exports, meant = HISTORIES[history]
    for row in exports:
        bench.loaded([row])
    found = teams(bench.db)

    assert numbers(found) == meant
    assert sum(row["cancelled"] for row in found["teams"]) == (history == "it is cancelled")
    by_team = {row["team"]: row["closed"] for row in dashboard(bench.db, **WINDOW)["metrics"]["by_team"]}
    assert sum(by_team.values()) == found["totals"]["closed"]


def test_of_a_reopened_ticket_the_first_repair_did_not_last(bench: Bench) -> None:
    exports, _ = HISTORIES["it is reopened and closed by another"]
    for row in exports:
        bench.loaded([row])
    bench.db.execute("UPDATE tickets.closure_events SET closed_at = closed_at - interval '1 year'")
    bench.db.execute("UPDATE tickets.closure_teams SET reopened_at = reopened_at - interval '1 year'")
    year_before = {"p_from": "2025-11-01 00:00+03", "p_to": "2025-12-01 00:00+03"}
    found = {row["team"]: row for row in teams(bench.db, **year_before)["teams"]}

    assert (found[A]["lasted"], found[A]["reopened"]) == ({"yes": 0, "no": 1, "pending": 0, "pct": None}, 1)
    assert (found[B]["lasted"]["no"], found[B]["reopened"]) == (0, 0)


def test_shares_and_medians_need_as_many_closures_as_the_settings_say(bench: Bench) -> None:
    keys = [f"T{number}" for number in range(4)]
    bench.loaded([ticket(key) for key in keys])
    bench.loaded([done(key) for key in keys])
    bench.db.execute("UPDATE tickets.closure_events SET closed_at = closed_at - interval '400 days'")
    old = {"p_from": "2025-10-01 00:00+03", "p_to": "2025-11-01 00:00+03"}
    (few,) = teams(bench.db, **old)["teams"]
    named(bench.db, min_n=4)
    (row,) = teams(bench.db, **old)["teams"]

    assert (few["lasted"]["pct"], few["stretch_minutes"]) == (None, {"p50": None, "p90": None, "n": 4})
    assert (row["lasted"]["pct"], row["stretch_minutes"]) == (100, {"p50": 60, "p90": 60, "n": 4})
    assert row["by_day"] == [{"date": "2025-10-15", "closed": 4}]


def test_repairs_count_as_in_target_by_their_kind_of_fault(bench: Bench) -> None:
    rows = {f"T{number}": {"bucket": "fibre" if number < 2 else "slow"} for number in range(6)}
    bench.loaded([ticket(key, **cells) for key, cells in rows.items()])
    bench.loaded([done(key, "2026-11-18 15:00:00", **cells) for key, cells in rows.items()])  # after 7 hours
    (row,) = teams(bench.db)["teams"]

    assert row["within_target"] == {"pct": 66.666667, "n": 6}
    assert row["repair_minutes"] == {"p50": 420, "p90": 420, "n": 6}


def test_handovers_are_between_teams_and_not_between_spellings(bench: Bench) -> None:
    for team in (A, "field a", "", "FLD A", NOC, B):
        bench.loaded([ticket("T", assigned_team=team)])
    bench.loaded([done("T", assigned_team="")])
    found = teams(bench.db)

    assert found["handovers"] == [{"from": A, "to": NOC, "n": 1}, {"from": NOC, "to": B, "n": 1}]
    assert {row["team"]: (row["handovers_in"], row["handovers_out"]) for row in found["teams"]} == {
        A: (0, 1),
        NOC: (1, 1),
        B: (1, 0),
    }


def test_an_alias_corrects_the_past_and_unattributed_is_a_name_like_others(bench: Bench) -> None:
    bench.loaded([done("T1", assigned_team="Feild A"), done("T2", assigned_team=" Unattributed"), ticket("T3")])
    assert numbers(teams(bench.db)) == {"Feild A": (1, 1), "Unattributed (team)": (1, 1)}
    named(bench.db, desks=(NOC,), aliases={"feild a": A})

    assert numbers(teams(bench.db)) == {A: (1, 1), "Unattributed (team)": (1, 1)}
    assert [row["open"] for row in teams(bench.db)["teams"] if row["team"] == A] == [1]


def test_a_team_that_is_not_in_the_file_has_its_most_frequent_spelling(bench: Bench) -> None:
    spelled = {"T1": B, "T2": "field  b", "T3": " FIELD B", "T4": B, "T5": "unattributed", "T6": "Unattributed"}
    rows = [ticket(key, assigned_team=team) for key, team in spelled.items()]
    bench.loaded(rows)
    bench.loaded([done("T1", assigned_team=B), done("T2", assigned_team="FIELD B"), *rows[2:]])
    found = teams(bench.db)

    assert numbers(found) == {B: (2, 2)}
    assert {row["team"]: row["open"] for row in found["teams"]} == {B: 2, "Unattributed (team)": 2}
    assert found["handovers"] == []


def test_the_team_of_an_owner_counts_only_without_any_other(bench: Bench) -> None:
    named(bench.db, by_owner={"Amina": B})
    bench.loaded([ticket("T1", assigned_team=""), ticket("T2"), ticket("T3", assigned_team="")])
    bench.loaded([done(key, assigned_team="", owner=" amina" if key < "T3" else "") for key in ("T1", "T2", "T3")])

    assert numbers(teams(bench.db)) == {A: (1, 1), B: (1, 1), "?": (1, 1)}
    assert bench.db.all("SELECT basis FROM tickets.closure_teams ORDER BY event_id") == [
        ("owner",),
        ("last",),
        ("none",),
    ]


def test_only_closures_of_the_cluster_and_the_window_count(bench: Bench) -> None:
    bench.loaded([done("T1"), done("T2", cluster=""), done("T3", "2026-10-31 10:00"), done("T4", "")])

    assert numbers(teams(bench.db)) == {A: (2, 2)}
    assert numbers(teams(bench.db, p_cluster="(none)")) == {A: (1, 1)}
    assert numbers(teams(bench.db, p_cluster="nowhere")) == {}


def test_the_page_on_teams_names_every_member_of_the_document(bench: Bench) -> None:
    bench.loaded([ticket("T")])
    bench.loaded([done("T", assigned_team=B)])
    found = {name: value for name, value in teams(bench.db).items() if name not in ("filters", "freshness")}
    text = (ROOT / "docs" / "teams.md").read_text("utf-8")

    assert members(found) - set(re.findall(r"`(?:\w+\.)?(\w+)`", text)) == set()


def test_before_the_first_load_all_lists_are_empty(bench: Bench) -> None:
    found = teams(bench.db)

    assert (found["teams"], found["handovers"], found["attribution_since"]) == ([], [], None)


@pytest.mark.parametrize("arguments", ["p_window => '2w'", "p_window => 'custom'", "p_from => '2026-11-19'"])
def test_wrong_arguments_are_refused_as_the_dashboard_does(db: Database, arguments: str) -> None:
    messages = []
    for function in ("dashboard", "teams"):
        with pytest.raises(psycopg.errors.InvalidParameterValue) as refused:
            db.connection.execute(f"SELECT reporting.fn_inc_{function}({arguments})".encode())
        messages.append((refused.value.diag.message_primary, refused.value.diag.message_hint))
    assert messages[0] == messages[1]


def test_migrate_attributes_what_an_earlier_version_captured(bench: Bench) -> None:
    db = bench.db
    bench.loaded([ticket("T1"), ticket("T2", assigned_team="")])
    bench.loaded([done("T1", assigned_team=NOC), done("T2", assigned_team="")])
    stored = "event_id, closing_team, basis, working_team, stretch_minutes, handovers"
    before = bench.rows(stored, "tickets.closure_teams")
    db.execute(
        "TRUNCATE tickets.closure_teams, tickets.team_names; UPDATE tickets.captures SET attributed_since = NULL"
    )
    with pytest.raises(SchemaBehind, match="the teams of closures of feed inc"):
        check(db, MIGRATIONS, FEED)
    names = Terms(TERMS.feeds, teams=TeamTerms((NOC,)))
    steps = [step.what for step in migrate(db, MIGRATIONS, [FEED], terms=names)]

    assert steps == ["set the teams: 0 aliases, 0 owners, desks: NOC", "capture the teams of closures of feed inc"]
    assert bench.rows(stored, "tickets.closure_teams") == before
    db.execute(
        "TRUNCATE tickets.closure_teams; UPDATE tickets.captures SET attributed_since = NULL; "
        "DELETE FROM tickets.ticket_changes WHERE run_id = 1"
    )
    migrate(db, MIGRATIONS, [FEED], terms=names)
    found = [tuple(row.values())[1:] for row in bench.rows(stored, "tickets.closure_teams")]
    assert found == [(NOC, "backfilled", A, None, 1), (None, "backfilled", None, None, 0)]
    assert teams(db)["unattributed"] == {"closed": 1, "by_basis": {"none": 0, "backfilled": 1}}


def test_a_hundred_captures_attribute_once(bench: Bench) -> None:
    bench.loaded([ticket("T1")])
    bench.loaded([done("T1")])
    before = bench.rows("*, xmin::text", "tickets.closure_teams")
    for _ in range(100):
        capture(bench.db)

    assert bench.rows("*, xmin::text", "tickets.closure_teams") == before
