"""The printed report of a run: counts that add up, and the next command."""

from __future__ import annotations

import os
from collections.abc import Iterator

import typer

from fleetfeed.model import RunReport
from fleetfeed.states import RunOutcome
from fleetfeed.text.escape import counted, printable, shortened
from fleetfeed.text.redact import redact
from fleetfeed.text.times import moment

_WHAT_NOW = {
    RunOutcome.UNCHANGED: "The export is the one that is loaded already; nothing to do.",
    RunOutcome.EMPTY: "There is no export in the bucket; nothing to do.",
    RunOutcome.BUSY: "Another run of this feed is at work; nothing was done here.",
}


def print_run(report: RunReport) -> None:
    """Print the report of a run."""
    outcome = typer.style(report.outcome, fg="red") if report.error else str(report.outcome)
    if report.outcome is RunOutcome.LOADED:
        outcome = "replayed" if report.replayed else "loaded"
    if not report.applied:
        outcome = f"would be {outcome} · dry run" if report.outcome is RunOutcome.LOADED else f"{outcome} · dry run"
    _print(f"{_bold(report.feed)} {outcome}")
    if report.snapshot:
        stored = report.snapshot.stored
        how = "held as truncated" if report.held else "truncated by its exporter"
        truncated = f" · {_yellow(how)}" if report.truncated or report.held else ""
        _print(f"  export   {_shown(stored.key)} · {stored.size:,} bytes · {moment(stored.last_modified)}{truncated}")
    if report.holder:
        _print(f"  held by  {_shown(report.holder)}")
    if report.rows.read and not report.error:
        for line in (*_rows(report), *_details(report)):
            _print(line)
    for line in _moves(report):
        _print(line)
    for warning in report.warnings:
        _print(f"  {_yellow('warning')}  {_shown(redact(warning))}")
    if not report.error:
        _print(f"  {_end(report)}")


def _rows(report: RunReport) -> Iterator[str]:
    """Yield the number of records read, and the counts that add up to it."""
    rows = report.rows
    yield f"{_bold(f'{rows.read:>9,}')}  records read, of which"
    for reason, count in sorted(rows.dropped.items()):
        yield f"{count:>9,}  dropped: {_shown(reason)}"
    for reason, count in sorted(rows.rejected.items()):
        yield f"{count:>9,}  {_yellow(f'rejected: {_shown(reason)}')}"
    parts = (
        (rows.superseded, "superseded by another record of the same ticket"),
        (rows.inserted, typer.style("inserted", fg="green")),
        (rows.updated, typer.style("updated", fg="cyan")),
        (rows.unchanged, "unchanged"),
    )
    yield from (f"{count:>9,}  {what}" for count, what in parts if count or what == "unchanged")


def _details(report: RunReport) -> Iterator[str]:
    rows, changes = report.rows, report.changes
    if rows.absent or rows.returned:
        gone = counted(rows.absent, "open ticket", "is/are")
        yield f"  besides, {gone} no longer listed, {rows.returned:,} listed again"
    if changes.fields:
        yield "  changed  " + ", ".join(
            f"{_shown(name)} ×{count:,}" for name, count in list(changes.fields.items())[:8]
        )
    for ticket, column, old, new in changes.examples[:5]:
        yield f"           {_shown(ticket)}: {_shown(column)} {_cell(old)} → {_cell(new)}"
    if changes.unreadable:
        cells = ", ".join(f"{_shown(name)} ×{count:,}" for name, count in changes.unreadable.items())
        yield f"  {_yellow('unreadable cells')} (text kept in raw, typed column null): {cells}"
    if report.unknown_columns:
        yield f"  unknown columns (kept in raw): {_shown(', '.join(report.unknown_columns))}"
    if report.rows.rejected and not report.replayed:
        yield (
            f"  next     fleetfeed rejects list {report.feed}"
            if report.applied
            else "  --apply keeps the rejects as evidence"
        )


def _moves(report: RunReport) -> Iterator[str]:
    if report.archived:
        yield f"  archived {_shown(', '.join(report.archived[:3]))}{' …' * (len(report.archived) > 3)}"
    if report.superseded_exports:
        yield f"  superseded, never read: {_shown(', '.join(report.superseded_exports[:3]))}"


def _shown(text: str) -> str:
    """Redact and escape text from an export or a bucket: no control characters."""
    return printable(shortened(redact(text), 500))


def _cell(text: str | None) -> str:
    if text is None:
        return "∅"
    return _shown(repr(text if len(text) <= 40 else text[:39] + "…"))


def _end(report: RunReport) -> str:
    if report.outcome in _WHAT_NOW:
        return _WHAT_NOW[report.outcome]
    if not report.applied:
        return f"Nothing was written. The same command with {_bold('--apply')} writes it."
    seconds = sum(report.timings.values())
    return f"Written in {seconds:.1f} s as run {report.run_id}. Next: {_bold(f'fleetfeed status {report.feed}')}"


def _print(line: str) -> None:
    typer.echo(line, color=False if os.environ.get("NO_COLOR") else None)  # None: only on a terminal


def _bold(text: str) -> str:
    return typer.style(text, bold=True)


def _yellow(text: str) -> str:
    return typer.style(text, fg="yellow")
