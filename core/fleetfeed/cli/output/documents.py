"""The JSON documents of commands: the option --json, and the document of a run."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from fleetfeed.errors import FleetfeedError
from fleetfeed.model import RunReport
from fleetfeed.text.redact import redacted

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document.")]


def print_json(**document: Any) -> None:
    """Print the JSON document of a command, redacted and in ASCII, which every terminal can show."""
    typer.echo(json.dumps({"schema_version": 1, **redacted(document)}, indent=2, default=str))


def of_run(report: RunReport) -> dict[str, Any]:
    """Return a run's report as plain JSON."""
    changes = report.changes
    return {
        "feed": report.feed,
        "outcome": report.outcome,
        "applied": report.applied,
        "run_id": report.run_id,
        "snapshot": _snapshot(report),
        "rows": report.rows.as_dict(),
        "changed_fields": dict(changes.fields),
        "unreadable_cells": dict(changes.unreadable),
        "unknown_columns": report.unknown_columns,
        "archived": report.archived,
        "superseded_exports": report.superseded_exports,
        "timings": report.timings,
        "geocoding": report.geocoding.as_dict() if report.geocoding else None,
        "warnings": report.warnings,
        "holder": report.holder or None,
        "error": _error(report.error or report.refused),
    }


def _snapshot(report: RunReport) -> dict[str, Any] | None:
    if report.snapshot is None:
        return None
    stored = report.snapshot.stored
    return {
        "key": stored.key,
        "etag": stored.etag,
        "sha256": report.snapshot.sha256,
        "size": stored.size,
        "last_modified": stored.last_modified.isoformat(),
        "truncated": report.truncated,
    }


def _error(error: Exception | None) -> dict[str, str] | None:
    if not isinstance(error, FleetfeedError):
        return None
    return {"kind": type(error).__name__, "cause": error.cause, "effect": error.effect, "next_step": error.next_step}
