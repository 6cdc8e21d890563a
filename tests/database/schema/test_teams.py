"""[teams] of fleetfeed.toml in the database, and the states of attributed closures."""

from __future__ import annotations

import re

import pytest

from fleetfeed.database import Database
from fleetfeed.database.schema.migrate import migrate
from fleetfeed.database.schema.settings import Terms
from fleetfeed.database.schema.teams import TeamTerms
from fleetfeed.states import ClosureBasis, ClosureKind
from tests.kit import FEED, MIGRATIONS

A, NOC = "Field A", "NOC"


def test_settings_of_teams_are_stored_once_and_can_be_taken_back(db: Database) -> None:
    terms = TeamTerms((NOC, "Desk 2"), 3, {"n.o.c.": NOC, "fld a": A}, {"Amina": "FLD A"})
    migrate(db, MIGRATIONS, [FEED], terms=Terms(teams=terms))
    assert migrate(db, MIGRATIONS, [FEED], terms=Terms(teams=terms)) == []
    assert db.all('SELECT * FROM tickets.team_names ORDER BY spelling COLLATE "C"') == [
        ("desk 2", "Desk 2", True),
        ("field a", A, False),
        ("fld a", A, False),
        ("n.o.c.", NOC, True),
        ("noc", NOC, True),
    ]
    assert db.all("SELECT * FROM tickets.team_owners") == [("amina", A)]
    (step,) = migrate(db, MIGRATIONS, [FEED])
    assert step.what == "set the teams: 0 aliases, 0 owners"
    assert db.all("SELECT FROM tickets.team_names UNION ALL SELECT FROM tickets.team_owners") == []


@pytest.mark.parametrize(("column", "kind"), [("basis", ClosureBasis), ("kind", ClosureKind)])
def test_the_states_of_closures_are_those_of_the_table(db: Database, column: str, kind: type[ClosureKind]) -> None:
    constraint = db.one(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [f"closure_teams_{column}_check"]
    )
    assert re.findall(r"'(\w+)'", constraint) == [*kind]
