"""What a run tells on stderr: each stage as it is done, and for programs how it ended."""

from __future__ import annotations

from typing import Any

from fleetfeed.cli.output.exits import tell_error
from fleetfeed.errors import FleetfeedError
from fleetfeed.model import RunReport
from fleetfeed.runtime import logs


def progress(report: RunReport, stage: str) -> None:
    """Tell that a stage is done; with --verbose, what it was done with."""
    seconds, where = report.timings[stage], _where(report) | {"stage": stage}
    counts = report.rows.as_dict() if report.rows.read else None
    told = f"{report.feed}: {stage} {seconds:.2f} s"
    logs.tell(logs.INFO, told, event="stage", seconds=seconds, counts=counts, **where)
    if stage == "source" and report.snapshot:
        stored = report.snapshot.stored
        told = f"{report.feed}: export {stored.key}, {stored.size:,} bytes, ETag {stored.etag}"
        logs.tell(logs.DEBUG, told, event="export", **where)
    if stage == "upsert" and counts:
        totals = {name: sum(count.values()) if isinstance(count, dict) else count for name, count in counts.items()}
        told = ", ".join(f"{count:,} {name}" for name, count in totals.items() if count)
        logs.tell(logs.DEBUG, f"{report.feed}: {told}", event="rows", counts=counts, **where)
    for key in report.archived if stage == "archive" else ():
        logs.tell(logs.DEBUG, f"{report.feed}: archived {key}", event="archived", **where)


def ended(report: RunReport, *, debug: bool, shown: bool) -> None:
    """Tell how a run ended: people have that on stdout, but for the error, unless `shown` says they have it, too."""
    where, level = _where(report), logs.ERROR if report.error else logs.INFO
    for warning in report.warnings:
        logs.tell(logs.WARNING, warning, event="warning", shown=True, **where)
    told: dict[str, Any] = {"outcome": report.outcome, "applied": report.applied, "timings": report.timings}
    counts = report.rows.as_dict()
    logs.tell(level, f"{report.feed}: {report.outcome}", event="run", shown=True, counts=counts, **told, **where)
    if isinstance(error := report.error or report.refused, FleetfeedError):
        tell_error(error, debug=debug, shown=shown, **where)


def _where(report: RunReport) -> dict[str, Any]:
    return {"feed": report.feed, "run_id": report.run_id}
