"""Asks the provider for positions, and stores them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from fleetfeed.errors import ConfigError, UsageError
from fleetfeed.fleet import Position, PositionSource
from fleetfeed.hookspecs import hooks_of
from fleetfeed.plugins.registry import Plugins, core
from fleetfeed.states import FixOutcome
from fleetfeed.text.escape import printable
from fleetfeed.text.suggest import did_you_mean
from fleetfeed.text.times import moment
from fleetfeed.units.service import Service

if TYPE_CHECKING:
    from fleetfeed.config.settings import Settings
    from fleetfeed.database import Database
    from fleetfeed.interfaces import Bucket

# Two arguments: the fixes, and who says so. Returns the outcomes, in the order of the fixes.
TAKE = "SELECT coalesce(json_agg(outcome ORDER BY place), '[]') FROM tickets.take_positions(%s::jsonb, %s)"
_FORGET = "DELETE FROM tickets.unit_positions WHERE unit = %s RETURNING unit"
_HOOK = "unit_positions"
_WHY = {
    FixOutcome.FUTURE: ("at", "{at} is in the future, and was not taken"),
    FixOutcome.OUTSIDE: (
        "latitude, longitude",
        "{latitude}, {longitude} is outside the country, and was not taken; is it latitude first?",
    ),
    FixOutcome.UNKNOWN_UNIT: ("unit", "there is no unit {unit}; `fleetfeed units import` adds it"),
    FixOutcome.OLDER: ("at", "{at} is not newer than the known position of {unit}, which stays"),
}
_NO_FIX = "0, 0 is what trackers send that do not know where they are, and was not taken"


def ask(plugins: Plugins, settings: Settings, open_bucket: Callable[[str], Bucket]) -> list[Position]:
    """Ask the provider of [units] where units are. Raises NoPositions, or UsageError for one that cannot be used."""
    name, given = settings.units.provider, settings.positions.get(settings.units.provider)
    if not name:
        raise ConfigError("No provider of positions is named.", next_step="Set provider in [units]; docs/units.md.")
    plugin = plugins.get(name)
    if _HOOK not in plugin.hooks:
        raise ConfigError(
            f"[units] has provider = {name!r}, which has no hook `{_HOOK}`.",
            next_step="Name a plugin of positions/; `fleetfeed plugins` lists hooks.",
        )
    token = given.token.get_secret_value() if given and given.token else ""
    source = PositionSource(given.source, given.url, token) if given else PositionSource()
    manager = core({})
    manager.register(plugin.module, name)
    return hooks_of(manager).unit_positions(service=Service(name, source, open_bucket)) or []


def take(db: Database, positions: Sequence[Position], source: str) -> list[FixOutcome]:
    """Store the positions that are news, and return what became of each."""
    return [FixOutcome(outcome) for outcome in db.one(TAKE, [as_json(positions), source])]


def forget(db: Database, unit: str) -> bool:
    """Delete the known position of a unit, and return whether there was one. Raises UsageError for an unknown unit."""
    known = [name for (name,) in db.all("SELECT unit FROM tickets.units")]
    if unit not in known:
        raise UsageError(
            f"There is no unit {printable(unit)!r}{did_you_mean(unit, known) or '.'}",
            effect="Nothing was deleted.",
            next_step="`fleetfeed units list` shows all.",
        )
    return bool(db.all(_FORGET, [unit]))


def as_json(positions: Sequence[Position]) -> str:
    """Return positions as TAKE reads them."""
    return json.dumps(
        [
            {
                "unit": position.unit,
                "latitude": position.latitude,
                "longitude": position.longitude,
                "at": position.at.isoformat(),
                "accuracy_m": position.accuracy_m,
            }
            for position in positions
        ]
    )


def explained(position: Position, outcome: FixOutcome) -> str:
    """Return where a position was read, and why it was not taken."""
    column, why = _WHY[outcome]
    if outcome is FixOutcome.OUTSIDE and position.latitude == position.longitude == 0:
        why = _NO_FIX
    said = why.format(
        at=moment(position.at, seconds=True),
        unit=repr(position.unit),
        latitude=position.latitude,
        longitude=position.longitude,
    )
    return printable(f"{position.origin or position.unit}, {column}: {said}")
