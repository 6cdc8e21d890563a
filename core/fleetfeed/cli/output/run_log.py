"""The log of a run on stderr: each stage when it is done, and how the run ended."""

from __future__ import annotations

from typing import Any

from fleetfeed.cli.output.exits import report_error
from fleetfeed.errors import FleetfeedError
from fleetfeed.model import RunReport
from fleetfeed.runtime import logs


def progress(report: RunReport, stage: str) -> None:
    """Log that a stage is done; with --verbose, also the export, the counts and the archived keys."""
    seconds, where = report.timings[stage], _where(report) | {"stage": stage}
    counts = report.rows.as_dict() if report.rows.read else None
    done = f"{report.feed}: {stage} {seconds:.2f} s"
    logs.log(logs.INFO, done, event="stage", seconds=seconds, counts=counts, **where)
    if stage == "source" and report.snapshot:
        stored = report.snapshot.stored
        export = f"{report.feed}: export {stored.key}, {stored.size:,} bytes, ETag {stored.etag}"
        logs.log(logs.DEBUG, export, event="export", **where)
    if stage == "upsert" and counts:
        totals = {name: sum(count.values()) if isinstance(count, dict) else count for name, count in counts.items()}
        parts = ", ".join(f"{count:,} {name}" for name, count in totals.items() if count)
        logs.log(logs.DEBUG, f"{report.feed}: {parts}", event="rows", counts=counts, **where)
    for key in report.archived if stage == "archive" else ():
        logs.log(logs.DEBUG, f"{report.feed}: archived {key}", event="archived", **where)


def ended(report: RunReport, *, debug: bool, shown: bool) -> None:
    """Log how a run ended, for programs, and its error, for people too unless it is `shown` to them already."""
    where, level = _where(report), logs.ERROR if report.error else logs.INFO
    for warning in report.warnings:
        logs.log(logs.WARNING, warning, event="warning", shown=True, **where)
    result: dict[str, Any] = {"outcome": report.outcome, "applied": report.applied, "timings": report.timings}
    counts = report.rows.as_dict()
    logs.log(level, f"{report.feed}: {report.outcome}", event="run", shown=True, counts=counts, **result, **where)
    if isinstance(error := report.error or report.refused, FleetfeedError):
        report_error(error, debug=debug, shown=shown, **where)


def _where(report: RunReport) -> dict[str, Any]:
    return {"feed": report.feed, "run_id": report.run_id}
