"""The document that the webhook is sent; docs/alarms.md explains it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fleetfeed.errors import FleetfeedError
from fleetfeed.model import RunReport
from fleetfeed.monitoring.alarm_state import GOOD, Told
from fleetfeed.monitoring.freshness import NEXT
from fleetfeed.states import Alarm
from fleetfeed.text.redact import redact

_RECOVERED = {
    Alarm.RUN: "runs do well again",
    Alarm.FRESHNESS: "the data is fresh again",
    Alarm.CONTENT: "nothing needs a look any more",
}
UNKNOWN = "the database cannot say what was told before"


@dataclass(frozen=True, slots=True)
class News:
    """Say how a feed does, in one of three ways: by its runs, by the age of what is loaded, or by what needs a look."""

    feed: str
    alarm: Alarm
    state: str
    run: RunReport | None = None
    freshness: dict[str, Any] | None = None
    concerns: dict[str, str] | None = None

    def document(self, before: Told | None) -> dict[str, Any]:
        """Write the document; `before` None is unknown."""
        bad = {Alarm.RUN: self.state, Alarm.FRESHNESS: "stale", Alarm.CONTENT: "concern"}[self.alarm]
        event = "recovered" if self.state == GOOD[self.alarm] else bad
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
        }

    def _text(self, before: Told | None) -> str:
        if self.state == GOOD[self.alarm]:
            since = f" since {before.since:%Y-%m-%d %H:%M} UTC" if before and before.since else ""
            what = _RECOVERED[self.alarm]
            return f"{what} ({before.state}{since})" if before else what
        if self.alarm is Alarm.FRESHNESS:
            return f"{self.state}: {NEXT[self.state]}"
        if self.alarm is Alarm.CONTENT:
            return "; ".join(f"{name}: {told}" for name, told in (self.concerns or {}).items())
        number = f" {self.run.run_id}" if self.run and self.run.run_id else ""
        error = f"run{number} {self.state}: {self.run.error or self.run.refused}" if self.run else f"run {self.state}"
        return error if before else f"{error} ({UNKNOWN}: this may be told again)"


def _plain(text: str) -> str:
    """Take out secrets, and what cannot be sent as UTF-8, such as the bytes of a strange file name."""
    return redact(text).encode(errors="backslashreplace").decode()


def _of_run(run: RunReport) -> dict[str, Any]:
    error, raised = None, run.error or run.refused
    if isinstance(raised, FleetfeedError):
        said = {"cause": raised.cause, "effect": raised.effect, "next_step": raised.next_step}
        error = {"kind": type(raised).__name__, **{name: _plain(text) for name, text in said.items()}}
    return {
        "run_id": run.run_id,
        "outcome": run.outcome,
        "started_at": run.started_at.isoformat(timespec="seconds"),
        "error": error,
    }
