"""The dispatcher's holds, and which of them cannot be followed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fleetfeed.dispatch.objects import Hold, Idle, Pair, Refused, TicketNow, UnitNow
from fleetfeed.states import HoldKind

Ignored = list[tuple[Hold, str]]


class Holds:
    """Holds by what they say; of two that say the same the newer counts."""

    def __init__(self, holds: Iterable[Hold]) -> None:
        self._all = sorted(holds, key=lambda hold: hold.hold_id)
        self._pins: dict[str, list[Hold]] = {}  # by ticket
        self.off: dict[str, Hold] = {}  # by unit
        self.held: dict[str, Hold] = {}  # tickets that nobody takes
        self.excluded: dict[Pair, str] = {}
        for hold in self._all:
            if hold.unit and hold.ticket_id:
                if hold.kind is HoldKind.PIN:
                    self._pins.setdefault(hold.ticket_id, []).append(hold)
                else:
                    self.excluded[hold.unit, hold.ticket_id] = hold.why
            elif hold.unit:
                self.off[hold.unit] = hold
            elif hold.ticket_id:
                self.held[hold.ticket_id] = hold

    def pins(
        self, units: Sequence[UnitNow], off: Sequence[Idle], tickets: Sequence[TicketNow], out: Sequence[Refused]
    ) -> tuple[dict[Pair, Hold], Ignored]:
        """Return the pairs to make, and the holds that cannot be followed, with the reason."""
        here = {unit.unit: "" for unit in units} | {each.unit.unit: _said(each) for each in off}
        there = {ticket.ticket_id: "" for ticket in tickets} | {each.ticket.ticket_id: _said(each) for each in out}
        made: dict[Pair, Hold] = {}
        about_tickets = [(hold, hold.ticket_id) for hold in self._all if hold.ticket_id]
        ignored: Ignored = [(hold, f"{name} is not open") for hold, name in about_tickets if name not in there]
        for ticket_id, pins in self._pins.items():
            if ticket_id not in there:
                continue
            ignored += [(hold, f"hold {pins[-1].hold_id} is newer") for hold in pins[:-1]]
            hold = pins[-1]
            why = self._why_not(hold, here, there)
            if why:
                ignored.append((hold, why))
            elif hold.unit:
                made[hold.unit, ticket_id] = hold
        return made, ignored

    def _why_not(self, hold: Hold, here: Mapping[str, str], there: Mapping[str, str]) -> str:
        unit, ticket_id = hold.unit or "", hold.ticket_id or ""
        if unit not in here:
            return f"there is no unit {unit}"
        if here[unit]:
            return f"{unit} takes no part: {here[unit]}"
        if there[ticket_id]:
            return f"{ticket_id} takes no part: {there[ticket_id]}"
        if (unit, ticket_id) in self.excluded:
            return f"another hold excludes the pair: {self.excluded[unit, ticket_id]}"
        return ""


def _said(each: Idle | Refused) -> str:
    return each.why if each.why == each.reason else f"{each.reason}: {each.why}"
