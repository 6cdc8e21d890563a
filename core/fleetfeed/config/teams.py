"""The table of fleetfeed.toml about teams."""

from __future__ import annotations

from pydantic import Field, field_validator

from fleetfeed.config.tables import Table
from fleetfeed.config.values import Count, Names


class TeamSettings(Table):
    """How teams are named, and which are desks, which pass tickets on and do not repair."""

    desks: Names = Field(default=[])
    min_n: Count = 5
    aliases: dict[str, str] = Field(default={})  # a spelling → the team
    by_owner: dict[str, str] = Field(default={})  # an owner → the team, for closures without one

    @field_validator("aliases", "by_owner")
    @classmethod
    def _are_clear(cls, names: dict[str, str]) -> dict[str, str]:
        """Check that no name is empty, and none stands there twice."""
        if not all(_key(name) for pair in names.items() for name in pair):
            raise ValueError("should be pairs of names, none of them empty")
        if len({_key(name) for name in names}) < len(names):
            raise ValueError("should name each spelling once; case and spaces make no difference")
        return names

    @field_validator("aliases")
    @classmethod
    def _is_one_step(cls, aliases: dict[str, str]) -> dict[str, str]:
        """Check that the team of an alias has no alias itself."""
        spelt = {_key(name): _key(team) for name, team in aliases.items()}
        if any(spelt.get(team, team) != team for team in spelt.values()):
            raise ValueError("should lead to a team that has no alias itself")
        return aliases


def _key(name: str) -> str:
    return " ".join(name.split()).lower()
