"""The JSON document that is sent to the webhook; docs/alarms.md explains it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fleetfeed.errors import FleetfeedError
from fleetfeed.model import RunReport
from fleetfeed.monitoring.alarm_state import GOOD, AlarmState
from fleetfeed.monitoring.freshness import NEXT
from fleetfeed.states import Alarm, Freshness, StaleReason
from fleetfeed.text.redact import redact
from fleetfeed.text.times import moment

_RECOVERED = {
    Alarm.RUN: "runs succeed again",
    Alarm.FRESHNESS: "the data is fresh again",
    Alarm.CONTENT: "nothing needs attention any more",
    Alarm.BURSTS: "no tickets lie together any more",
}
_BAD = {Alarm.FRESHNESS: Freshness.STALE, Alarm.CONTENT: "concern", Alarm.BURSTS: "burst"}
UNKNOWN = "what was sent before is unknown"


@dataclass(frozen=True, slots=True)
class News:
    """The state of one alarm of a feed: its runs, its freshness, or its concerns."""

    feed: str
    alarm: Alarm
    state: str
    run: RunReport | None = None
    freshness: dict[str, Any] | None = None
    concerns: dict[str, str] | None = None
    bursts: list[dict[str, Any]] | None = None

    def document(self, before: AlarmState | None) -> dict[str, Any]:
        """Return the document; `before` None: unknown."""
        event = "recovered" if self.state == GOOD[self.alarm] else _BAD.get(self.alarm, self.state)
        return {
            "schema_version": 1,
            "event": event,
            "feed": self.feed,
            "alarm": self.alarm,
            "state": self.state,
            "previous": before.state if before else None,
            "previous_since": before.since.isoformat() if before and before.since else None,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "text": _plain(f"{self.feed}: {self._text(before)}"),
            "run": _of_run(self.run) if self.run else None,
            "freshness": self.freshness,
            **({"bursts": self.bursts} if self.alarm is Alarm.BURSTS else {}),
        }

    def _text(self, before: AlarmState | None) -> str:
        if self.state == GOOD[self.alarm]:
            since = f" since {moment(before.since)}" if before and before.since else ""
            what = _RECOVERED[self.alarm]
            return f"{what} ({before.state}{since})" if before else what
        if self.alarm is Alarm.FRESHNESS:
            return f"{self.state}: {NEXT[StaleReason(self.state)]}"
        if self.alarm is Alarm.CONTENT:
            return "; ".join(f"{name}: {text}" for name, text in (self.concerns or {}).items())
        if self.alarm is Alarm.BURSTS:
            return "; ".join(f"{burst['cluster'] or 'somewhere'}: {burst['text']}" for burst in self.bursts or ())
        number = f" {self.run.run_id}" if self.run and self.run.run_id else ""
        error = f"run{number} {self.state}: {self.run.error or self.run.refused}" if self.run else f"run {self.state}"
        return error if before else f"{error} ({UNKNOWN}: this may be sent again)"


def _plain(text: str) -> str:
    """Redact a text, and escape what is not UTF-8, such as bytes of a file name."""
    return redact(text).encode(errors="backslashreplace").decode()


def _of_run(run: RunReport) -> dict[str, Any]:
    error, raised = None, run.error or run.refused
    if isinstance(raised, FleetfeedError):
        parts = {"cause": raised.cause, "effect": raised.effect, "next_step": raised.next_step}
        error = {"kind": type(raised).__name__, **{name: _plain(text) for name, text in parts.items()}}
    return {
        "run_id": run.run_id,
        "outcome": run.outcome,
        "started_at": run.started_at.isoformat(timespec="seconds"),
        "error": error,
    }
