"""The document that the webhook is sent; docs/alarms.md explains it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fleetfeed.alarms.judge import NEXT
from fleetfeed.alarms.told import GOOD, Told
from fleetfeed.errors import FleetfeedError
from fleetfeed.model import RunReport
from fleetfeed.secrets import redact

UNKNOWN = "the database cannot say what was told before"


@dataclass(frozen=True, slots=True)
class News:
    """Say how a feed does, in one of the two ways: by its runs, or by the age of what is loaded."""

    feed: str
    alarm: str  # run, freshness
    state: str
    run: RunReport | None = None
    freshness: dict[str, Any] | None = None

    def document(self, before: Told | None) -> dict[str, Any]:
        """Write the document; `before` None is unknown."""
        event = "recovered" if self.state == GOOD[self.alarm] else "stale" if self.alarm == "freshness" else self.state
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
            what = "the data is fresh again" if self.alarm == "freshness" else "runs do well again"
            return f"{what} ({before.state}{since})" if before else what
        if self.alarm == "freshness":
            return f"{self.state}: {NEXT[self.state]}"
        number = f" {self.run.run_id}" if self.run and self.run.run_id else ""
        error = f"run{number} {self.state}: {self.run.error}" if self.run else f"run {self.state}"
        return error if before else f"{error} ({UNKNOWN}: this may be told again)"


def _plain(text: str) -> str:
    """Take out secrets, and what cannot be sent as UTF-8, such as the bytes of a strange file name."""
    return redact(text).encode(errors="backslashreplace").decode()


def _of_run(run: RunReport) -> dict[str, Any]:
    error = None
    if isinstance(run.error, FleetfeedError):
        said = {"cause": run.error.cause, "effect": run.error.effect, "next_step": run.error.next_step}
        error = {"kind": type(run.error).__name__, **{name: _plain(text) for name, text in said.items()}}
    return {
        "run_id": run.run_id,
        "outcome": run.outcome,
        "started_at": run.started_at.isoformat(timespec="seconds"),
        "error": error,
    }
