"""The output of a geocoding: its progress, and its report."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from fleetfeed.runtime import logs
from fleetfeed.text.escape import counted
from fleetfeed.text.redact import redact
from fleetfeed.text.times import moment

if TYPE_CHECKING:
    from fleetfeed.geo import Geocoded, Kind


def print_geocoding(report: Geocoded) -> None:
    """Print the report of a geocoding."""
    typer.echo(f"{report.feed} geocoding{'' if report.applied else ' · dry run: no provider was called'}")
    if report.holder:
        typer.echo(f"  Another geocoding of this feed is at work ({report.holder}); nothing was done here.")
    for line in (*_kinds(report), *_providers(report), *standing_lines(report.standing)):
        typer.echo(line)
    for warning in report.warnings:
        typer.echo(f"  warning   {redact(warning)}")
    if report.tickets:
        typer.echo(f"  {counted(report.tickets, 'ticket')} got a place.")
    if report.pending:
        typer.echo(f"  {counted(report.pending, 'place', 'is/are')} still pending; later geocodings continue.")


def standing_lines(found: dict[str, Any]) -> Iterator[str]:
    """Yield lines on tickets by precision, places by status and provider, and what is left of budgets."""
    if tickets := found.get("tickets"):
        yield "  on map    " + ", ".join(f"{count:,} {precision}" for precision, count in tickets.items())
    for kind, by_status in found.get("places", {}).items():
        parts = (f"{count:,} {status} ({name})" for status, names in by_status.items() for name, count in names.items())
        if by_status:
            yield f"  known     {kind}: {', '.join(parts)}"
    for name, budget in found.get("budgets", {}).items():
        left = "" if budget["left_today"] is None else f", {budget['left_today']:,} left"
        held = f", held until {moment(budget['held_until'])}" if budget["held_until"] else ""
        if left or held or budget["calls_today"]:
            yield f"  budget    {name}: {budget['calls_today']:,} calls today{left}{held}"


@contextmanager
def progress(feed: str, *, bar: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Show progress on stderr: a bar on a terminal, else one line per kind of place."""
    if bar and sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as shown:
            tasks: dict[str, Any] = {}

            def show(what: str, done: int, total: int) -> None:
                if what not in tasks:
                    tasks[what] = shown.add_task(f"{feed} {what}", total=total)
                shown.update(tasks[what], completed=done)

            yield show
    else:
        yield lambda what, done, total: None if done else _due(feed, what, total)


def _due(feed: str, what: str, total: int) -> None:
    text = f"{feed}: geocode {total:,} {what}"
    logs.log(logs.INFO, text, event="stage", feed=feed, stage="geocode", counts={what: total})


def log(report: Geocoded) -> None:
    """Log how a geocoding ended, for programs; people have the report on stdout."""
    where: dict[str, Any] = {"feed": report.feed, "stage": "geocode", "shown": True}
    for warning in (*report.warnings, *(f"{name} stopped: {why}" for name, why in report.stopped.items())):
        logs.log(logs.WARNING, warning, event="warning", **where)
    counts = {name: kind.as_dict() for name, kind in report.kinds.items()}
    logs.log(logs.INFO, f"{report.feed}: geocoded", event="geocoded", counts=counts, **where)


def _kinds(report: Geocoded) -> Iterator[str]:
    for name, kind in report.kinds.items():
        parts = [f"{count:,} {result}" for result, count in kind.results.items()]
        yield f"  {name:<10}{', '.join([f'{kind.due:,} to look up', *parts, *_left_out(kind)])}"


def _left_out(kind: Kind) -> Iterator[str]:
    if kind.waiting:
        yield f"{kind.waiting:,} skipped: their cluster has no place to check theirs against"
    if kind.unaskable:
        yield f"{kind.unaskable:,} skipped: their names, without codes, are too short or too long to look up"


def _providers(report: Geocoded) -> Iterator[str]:
    if report.calls:
        yield "  calls     " + ", ".join(f"{name} {count:,}" for name, count in report.calls.items())
    for name, why in report.stopped.items():
        yield f"  stopped   {name}: {redact(why)}"
