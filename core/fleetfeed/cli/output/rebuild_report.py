"""The printed plan and proof of a rebuild, their documents, and its progress on stderr."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import typer

from fleetfeed.runtime import logs
from fleetfeed.states import Cause, RunOutcome, Side
from fleetfeed.text.escape import counted, printable, shortened
from fleetfeed.text.times import moment

if TYPE_CHECKING:
    from fleetfeed.rebuild.past import PastExport, Window
    from fleetfeed.rebuild.plan import Plan
    from fleetfeed.rebuild.proof import Proof
    from fleetfeed.rebuild.replay import Progress

_SHOWN = 5  # keys in a line; --json has more
_MEANS = {
    Cause.RULES: "loaded by other rules than those of now, or by unknown ones",
    Cause.BY_HAND: "written, changed or deleted by no load",
    Cause.REPLAYED: "from a rejected record that was read again",
    Cause.BACKFILLED: "from an export that was never loaded",
    Cause.BEFORE: "from before the first export that is still there",
    Cause.PRUNED: "older than the log that is kept",
    Cause.MISSING: "touched by an export that is not there; put it back to know more",
    Cause.UNEXPLAINED: "nothing that is known explains it",
}


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


def print_plan(feed: str, plan: Plan, window: Window | None, *, applied: bool) -> None:
    """Print what is to do, or was done; with a window, of a backfill."""
    never = sum(export.run_id is None for export in plan.left)
    if applied:
        done = f"{counted(len(plan.done), 'export')} replayed in all" if plan.done else "there was nothing to replay"
        _print(f"{feed} rebuilt · {done}")
    else:
        _print(f"{feed} would be rebuilt · nothing was written")
        size = f"{counted(plan.size, 'byte')}, about {plan.time}"
        _print(f"  exports  {len(plan.left):,} to replay, {size}" if plan.left else "  exports  nothing to replay")
        if window is not None:
            _print(f"           of these {never:,} were never loaded")
        if plan.done:
            _print(f"  done     {len(plan.done):,} by a rebuild that has begun")
    for export in plan.missing:
        _print(f"  missing  {export.stored.key} of {moment(export.stored.last_modified)}{_of(export)}")
    if not applied and window is not None and not never and not plan.done:
        typer.echo("Each export of that time is loaded: there is nothing to backfill.")
    elif not applied:
        typer.echo(f"Next: fleetfeed {_command(feed, window)} --apply")


def _command(feed: str, window: Window | None) -> str:
    if window is None:
        return f"rebuild {feed}"
    until = f" --to {window.until.isoformat()}" if window.until else ""
    return f"backfill {feed} --from {window.since.isoformat()}{until}"


def print_proof(proof: Proof) -> None:
    """Print where a feed and its rebuild differ, and why."""
    if not proof.differences:
        _print(f"  equal    {counted(proof.tickets, 'ticket')} with log, closures, flows, rejects and counts")
        return
    _print(f"  {'':<12}{'cause':<20}{'only live':>12}{'only rebuilt':>14}{'unlike':>9}")
    for found in proof.differences:
        live, rebuilt, unlike = (found.count[side] for side in Side)
        _print(f"  {found.part:<12}{found.cause:<20}{live:>12,}{rebuilt:>14,}{unlike:>9,}")
        _print(f"  {'':<12}{shortened(', '.join(found.keys[:_SHOWN]), 200)}")
    for cause in sorted(proof.causes):
        _print(f"  {cause}: {_MEANS[cause]}")


def print_next(feed: str, proof: Proof) -> None:
    """Print the next command, which depends on the proof."""
    if not proof.is_explained:
        typer.echo(
            "What is unexplained is never swapped in; --json has more keys. "
            f"Next: fleetfeed explain {feed} TICKET   # or: fleetfeed rebuild {feed} --drop"
        )
        return
    accept = "".join(f' --accept "{cause}"' for cause in sorted(proof.to_accept))
    swap = f"fleetfeed rebuild {feed} --swap{accept}   # or: " if proof.differences else ""
    if swap:
        typer.echo("A swap puts what is rebuilt in the place of what is live, also of what was written by hand.")
    typer.echo(f"Next: {swap}fleetfeed rebuild {feed} --drop")


def of_proof(proof: Proof) -> dict[str, Any]:
    """Return a proof as plain JSON."""
    return {
        "equal": not proof.differences,
        "explained": proof.is_explained,
        "loads": proof.loads,
        "tickets": proof.tickets,
        "differences": [
            {
                "part": found.part,
                "cause": found.cause,
                **{side.replace(" ", "_"): count for side, count in found.count.items()},
                "keys": found.keys,
            }
            for found in proof.differences
        ],
    }


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
