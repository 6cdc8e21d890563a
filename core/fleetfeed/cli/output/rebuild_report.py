"""The printed plan of a rebuild, its document, and its progress on stderr."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import typer

from fleetfeed.runtime import logs
from fleetfeed.states import RunOutcome
from fleetfeed.text.escape import printable

if TYPE_CHECKING:
    from fleetfeed.rebuild.past import PastExport
    from fleetfeed.rebuild.plan import Plan
    from fleetfeed.rebuild.replay import Progress


def progress(at: Progress) -> None:
    """Log that an export was replayed, and how long the others will take."""
    report = at.report
    key = report.snapshot.stored.key if report.snapshot else "-"
    left = timedelta(seconds=round(at.seconds_left))
    text = f"{report.feed}: {at.done:,} of {at.of:,} exports, {left} left: {key} {report.outcome}"
    fields: dict[str, Any] = {
        "done": at.done,
        "of": at.of,
        "seconds_left": round(at.seconds_left),
        "outcome": report.outcome,
    }
    refused = report.outcome is RunOutcome.REFUSED
    logs.log(logs.WARNING if refused else logs.INFO, text, event="rebuild", feed=report.feed, **fields)
    for warning in report.warnings:
        logs.log(logs.DEBUG, warning, event="warning", feed=report.feed)


def print_plan(feed: str, plan: Plan, *, applied: bool) -> None:
    """Print what is to do, or was done."""
    if applied:
        _print(f"{feed} rebuilt · {len(plan.done):,} exports replayed")
    else:
        _print(f"{feed} would be rebuilt · nothing was written")
        _print(f"  exports  {len(plan.left):,} to replay, {plan.size:,} bytes, about {plan.time}")
        if plan.done:
            _print(f"  done     {len(plan.done):,} by a rebuild that has begun")
    for export in plan.missing:
        _print(f"  missing  {export.stored.key} of {export.stored.last_modified:%Y-%m-%d %H:%M} UTC{_of(export)}")
    if not applied:
        typer.echo(f"Next: fleetfeed rebuild {feed} --apply")


def of_plan(plan: Plan) -> dict[str, Any]:
    """Return a plan as plain JSON."""
    return {
        "exports": len(plan.exports),
        "done": len(plan.done),
        "left": len(plan.left),
        "bytes": plan.size,
        "seconds": plan.time.total_seconds(),
        "missing": [
            {"key": export.stored.key, "last_modified": export.stored.last_modified, "run_id": export.run_id}
            for export in plan.missing
        ],
    }


def _of(export: PastExport) -> str:
    return f", loaded by run {export.run_id}" if export.run_id is not None else ""


def _print(line: str) -> None:
    typer.echo(printable(line))
