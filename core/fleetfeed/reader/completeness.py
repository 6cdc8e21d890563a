"""Check that an export is complete: its columns, and how it ends."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from fleetfeed.errors import ExportRefused
from fleetfeed.feed import Feed
from fleetfeed.model import RunReport
from fleetfeed.reader.facts import Facts, facts_of
from fleetfeed.text.parse import clean
from fleetfeed.text.similarity import LOOKED_AT

Words = Callable[[str, int], list[str]]  # a column and a number: up to so many distinct cells of an export
ACCEPT = "run with --accept-incomplete to accept it once"


def role_columns(feed: Feed) -> dict[str, str]:
    """Map the columns that an export needs to their roles."""
    roles = feed.roles
    found = {roles.status: "status"} | ({roles.closed: "closed"} if roles.closed else {})
    found |= dict.fromkeys(roles.created, "created") | ({roles.cluster: "cluster"} if roles.cluster else {})
    return dict.fromkeys(feed.winner, "winner") | found


def missing_columns(feed: Feed, header: Collection[str], known: Collection[str] | None) -> list[str]:
    """List the missing columns with a role that are required, or that the last export had.

    `known`: those that the last export lacked; None: unknown.
    """
    missing = [name for name in role_columns(feed) if name not in header]
    others = {name for name in feed.roles.created if name in header}
    needed = {name for name, role in role_columns(feed).items() if role != "winner"}
    optional = set(feed.roles.created) if others and known is None else set()
    optional |= set(feed.winner) - needed if known is None else set()
    return [name for name in missing if name not in (known or ()) and name not in optional]


def check_statuses(feed: Feed, report: RunReport, facts: Facts, words: Words) -> None:
    """Check that a status column is not suddenly empty, as that would reopen every ticket.

    Raises ExportRefused.
    """
    status, changed = feed.roles.status, report.changes.fields.get(feed.roles.status, 0)
    if changed < 2 or 2 * changed < report.rows.updated or status not in facts.header:
        return
    if not any(clean(cell) for cell in words(status, LOOKED_AT)):
        raise ExportRefused(
            f"every cell of {status!r} (status) is empty, and {changed:,} tickets had a status before",
            f"Look at the exporter, or {ACCEPT}.",
        )


def ends_inside(facts: Facts, before: bool | None) -> str:
    """Return the evidence that an export ends in the middle of a record; empty if there is none.

    `before`: whether the last line of the previously loaded export had a line end.
    """
    if facts.line_end:
        return ""
    last = max((reject for reject in facts.rejects), key=lambda reject: reject.record, default=None)
    if last and last.record == facts.records:
        return f"it ends in the middle of record {last.record:,} on line {last.line:,} ({last.detail or last.reason})"
    return "its last line has no end, though that of the export loaded before had one" if before else ""


def is_truncated(feed: Feed, path: Path, line_end: bool | None = None) -> bool | None:
    """Return whether an export was cut short, by its exporter's limit or in transit; None if it cannot be read.

    `line_end`: whether the last line of the previously loaded export had a line end.
    """
    from fleetfeed.reader.export import opened  # here, because an unchanged export does not need DuckDB

    try:
        with opened(feed, path) as export:
            return export.truncated or bool(ends_inside(facts_of(export), line_end))
    except ExportRefused:
        return None
