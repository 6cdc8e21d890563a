"""Copies [teams] of fleetfeed.toml to the database: which spellings mean which team, and which teams are desks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fleetfeed.database.connection import Database
from fleetfeed.database.schema.plan import Step
from fleetfeed.database.schema.tables import literal
from fleetfeed.states import StepKind

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class TeamTerms:
    """The settings of teams."""

    desks: tuple[str, ...] = ()
    min_n: int = 5
    aliases: Mapping[str, str] = field(default_factory=dict)
    by_owner: Mapping[str, str] = field(default_factory=dict)


# The server decides how a name is compared: its lower() knows other letters than Python's.
_KEYS = "SELECT given, tickets.team_key(given) FROM unnest(%s::text[]) AS g (given)"
_STORED = {
    "team_names": 'SELECT spelling, team, desk FROM tickets.team_names ORDER BY spelling COLLATE "C"',
    "team_owners": 'SELECT owner, team FROM tickets.team_owners ORDER BY owner COLLATE "C"',
    "team_settings": "SELECT min_n FROM tickets.team_settings",
}


def steps(db: Database, terms: TeamTerms) -> Iterator[Step]:
    """Yield a step if the database has other settings."""
    if not db.one("SELECT to_regclass('tickets.team_names') IS NOT NULL"):  # before the migration
        if terms != TeamTerms():
            yield Step(StepKind.SET, _about(terms))
        return
    wanted = _tables(db, terms)
    changed = {name: rows for name, rows in wanted.items() if db.all(_STORED[name]) != rows}
    if changed:
        yield Step(StepKind.SET, _about(terms), "; ".join(_replace(name, rows) for name, rows in changed.items()))


def _about(terms: TeamTerms) -> str:
    desks = f", desks: {', '.join(terms.desks)}" if terms.desks else ""
    return f"the teams: {len(terms.aliases)} aliases, {len(terms.by_owner)} owners{desks}"


def _tables(db: Database, terms: TeamTerms) -> dict[str, Rows]:
    """Return the rows that the tables should have."""
    teams = [*terms.desks, *terms.aliases.values(), *terms.by_owner.values()]
    key = dict(db.all(_KEYS, [[*teams, *terms.aliases, *terms.by_owner]]))
    names = {key[team]: team.strip() for team in reversed(teams)}  # a team's own spelling, the first one given
    names |= {key[spelling]: names[key[team]] for spelling, team in terms.aliases.items()}
    desks = {names[key[desk]] for desk in terms.desks}
    owners = {key[owner]: names[key[team]] for owner, team in terms.by_owner.items()}
    return {
        "team_names": sorted((spelling, team, team in desks) for spelling, team in names.items()),
        "team_owners": sorted(owners.items()),
        "team_settings": [(terms.min_n,)],
    }


def _replace(name: str, rows: Rows) -> str:
    sql = f"DELETE FROM tickets.{name}"
    if rows:
        values = ", ".join(f"({', '.join(_value(value) for value in row)})" for row in rows)
        sql += f"; INSERT INTO tickets.{name} VALUES {values}"
    return sql


def _value(value: str | int) -> str:
    return literal(value) if isinstance(value, str) else str(value)
