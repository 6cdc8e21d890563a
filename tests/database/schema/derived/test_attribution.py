"""Closures of random histories belong to the teams that a small model names, however they are captured and pruned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetfeed.database import Database
from fleetfeed.database.ledger.retention import prune
from fleetfeed.database.schema.migrate import migrate
from fleetfeed.database.schema.settings import Terms
from fleetfeed.database.schema.teams import TeamTerms
from fleetfeed.stages import history
from tests.database.schema.derived.kit import TERMS, call, capture
from tests.database.schema.derived.team_model import DESKS, Row, Ticket, follow, shown
from tests.kit import FEED, MIGRATIONS, START, Bench, examples, ticket

if TYPE_CHECKING:
    import pluggy

TEAMS = TeamTerms(DESKS, aliases={"FLD A": "Field A"}, by_owner={"Amina": "Field A"})
_EMPTY = """
TRUNCATE tickets.inc, tickets.ticket_changes, tickets.closure_events, tickets.closure_teams, tickets.captures,
    tickets.captured_runs, tickets.import_runs, tickets.import_meta, tickets.exports, tickets.inc_daily_snapshot
"""
_ATTRIBUTED = """
SELECT e.ticket_id, a.episode, a.stands, to_char(e.closed_at AT TIME ZONE 'Africa/Nairobi', 'YYYY-MM-DD HH24:MI'),
    a.closing_team, a.basis, a.working_team, a.stretch_minutes, a.handovers, a.teams, a.kind, a.reopened_at
FROM tickets.closure_teams AS a JOIN tickets.closure_events AS e USING (event_id) ORDER BY 1, 2, e.event_id
"""
Facts = dict[tuple[str, int], tuple[Any, ...]]


class Captured(Bench):
    """Run the engine, and capture now or later."""

    captures = True

    def manager(self, *plugins: object) -> pluggy.PluginManager:
        found = super().manager(*plugins)
        if not self.captures:
            found.unregister(history)
        return found


@pytest.fixture
def named(own: Database) -> Database:
    """Give a database that knows desks, aliases and owners."""
    migrate(own, MIGRATIONS, [FEED], terms=Terms(TERMS.feeds, teams=TEAMS))
    return own


ROWS = st.builds(
    Row,
    status=st.sampled_from(["open", "open", "pending", "closed", "closed", "cancelled"]),
    team=st.sampled_from(["", "Field A", "field  a", "Fld A", "Field B", "field  b", "NOC"]),
    owner=st.sampled_from(["", "", "amina"]),
    closed_at=st.sampled_from(["", "2026-11-19 10:00", "2026-11-19 11:00", "2026-11-19 12:00"]),
)
EXPORTS = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(["T1", "T2", "T3", "T4", "T5"]), ROWS, min_size=1),
        st.booleans(),  # captured at once
        st.booleans(),  # and pruned then
    ),
    min_size=2,
    max_size=8,
)
_numbers = count()


def cells(key: str, row: Row, number: int) -> dict[str, str]:
    return ticket(
        key,
        normalized_status=row.status,
        assigned_team=row.team,
        owner=row.owner,
        closed_at=row.closed_at,
        source_updated_at=f"2026-11-19 10:00:{number:02}",
    )


def attributed(db: Database) -> Facts:
    """Read what is stored of each episode; all of its rows say the same, and one of them stands."""
    found: dict[tuple[str, int], list[tuple[Any, ...]]] = {}
    for key, episode, *facts in db.all(_ATTRIBUTED):
        found.setdefault((key, episode), []).append(tuple(facts))
    for rows in found.values():
        assert [stands for stands, *_ in rows].count(True) == 1
        assert len({repr(row[2:]) for row in rows}) == 1
    return {name: next(row[1:] for row in rows if row[0]) for name, rows in found.items()}


def expected(tickets: Mapping[str, Ticket]) -> Facts:
    return {
        (key, number): (
            one.closed_at or None,
            one.closing_team,
            one.basis,
            one.working_team,
            one.stretch,
            max(len(one.teams) - 1, 0),
            one.teams,
            one.kind,
            one.reopened,
        )
        for key, ticket in tickets.items()
        for number, one in enumerate(ticket.episodes, 1)
    }


@pytest.mark.timeout(1800)  # an example has up to eight loads
@settings(max_examples=examples(20))
@given(exports=EXPORTS)
def test_closures_are_attributed_as_the_model_says(
    named: Database, tmp_path: Path, exports: list[tuple[dict[str, Row], bool, bool]]
) -> None:
    named.execute(_EMPTY)
    bench = Captured(named, tmp_path / str(next(_numbers)))
    read: list[tuple[datetime, dict[str, Row]]] = []
    is_pruned, before = False, Facts()
    for number, (rows, captures, prunes) in enumerate(exports):
        bench.captures = captures or number == 0
        bench.loaded([cells(key, row, number) for key, row in rows.items()])
        read.append((START + timedelta(hours=number + 1), rows))
        if bench.captures:
            now = attributed(named)
            assert now == expected(follow(read))
            assert kept(before) <= kept(
                now
            )  # a correction moves an episode, a reopening adds to it: nothing else changes
            before = now
        if prunes and prune(named, "inc", {"changes": timedelta(0)}, apply=True)["changes"]:
            is_pruned = True
    capture(named)
    tickets = follow(read)

    assert attributed(named) == expected(tickets)
    assert counts(call(named, "reporting.fn_inc_teams", WINDOW)) == list(closures(tickets))
    if not is_pruned:  # the same, when everything is attributed later
        named.execute("TRUNCATE tickets.closure_teams; SELECT tickets.inc_attribute_past(false)")
        assert attributed(named) == expected(tickets)


WINDOW = {"p_window": "custom", "p_from": "2026-11-01 00:00+03", "p_to": "2026-12-01 00:00+03"}


def kept(facts: Facts) -> set[str]:
    """Name what may never change of each episode."""
    return {repr((name, found[1:-1])) for name, found in facts.items()}


def counts(document: dict[str, Any]) -> list[tuple[str | None, int, int, int]]:
    """Give closures as closer and as worker and cancelled tickets, by team; the sums have to be right, too."""
    teams, nobody, totals = document["teams"], document["unattributed"], document["totals"]
    for role in ("as_closer", "as_worker"):
        assert sum(team["closed"][role] for team in teams) + nobody["closed"] == totals["closed"]
    assert totals["attributed"] == totals["closed"] - nobody["closed"]
    assert sum(nobody["by_basis"].values()) == nobody["closed"]
    for team in teams:
        assert sum(team["lasted"][name] for name in ("yes", "no", "pending")) == team["closed"]["as_closer"]
        assert sum(day["closed"] for day in team["by_day"]) == team["closed"]["as_closer"]
    moved = sum(pair["n"] for pair in document["handovers"])
    assert sum(team["handovers_in"] for team in teams) == sum(team["handovers_out"] for team in teams) == moved
    found = [(shown(t["team"]), t["closed"]["as_closer"], t["closed"]["as_worker"], t["cancelled"]) for t in teams]
    return sorted(row for row in found if any(row[1:]))


def closures(tickets: Mapping[str, Ticket]) -> Iterator[tuple[str | None, int, int, int]]:
    """Yield the same by the model: of closures with a time."""
    all_ = [one for ticket in tickets.values() for one in ticket.episodes if one.closed_at]
    repaired = [one for one in all_ if one.kind == "repaired"]
    closers = [shown(one.closing_team) for one in repaired if one.closing_team]
    workers = [shown(one.working_team) for one in repaired if one.working_team]
    cancellers = [shown(one.closing_team) for one in all_ if one.kind == "cancelled" and one.closing_team]
    for team in sorted({*closers, *workers, *cancellers}):
        yield team, closers.count(team), workers.count(team), cancellers.count(team)
