"""What a person reads of a geocoding: its progress, and its report."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from fleetfeed.runtime import logs
from fleetfeed.text.escape import counted
from fleetfeed.text.redact import redact

if TYPE_CHECKING:
    from fleetfeed.geo import Geocoded, Kind


def tell(report: Geocoded) -> None:
    """Print a geocoding."""
    typer.echo(f"{report.feed} geocoding{'' if report.applied else ' · dry run: nobody was asked'}")
    if report.holder:
        typer.echo(f"  Another geocoding of this feed is at work ({report.holder}); this one left it alone.")
    for line in (*_kinds(report), *_providers(report), *standing_lines(report.standing)):
        typer.echo(line)
    for warning in report.warnings:
        typer.echo(f"  warning   {redact(warning)}")
    if report.tickets:
        typer.echo(f"  {counted(report.tickets, 'ticket')} got a place.")
    if report.pending:
        typer.echo(f"  {counted(report.pending, 'place', 'is/are')} still pending; later geocodings go on.")


def standing_lines(found: dict[str, Any]) -> Iterator[str]:
    """Lay out how things stand: tickets by precision, places by status and provider, what is left of budgets."""
    if tickets := found.get("tickets"):
        yield "  on map    " + ", ".join(f"{count:,} {precision}" for precision, count in tickets.items())
    for kind, by_status in found.get("places", {}).items():
        told = (f"{count:,} {status} ({name})" for status, names in by_status.items() for name, count in names.items())
        if by_status:
            yield f"  known     {kind}: {', '.join(told)}"
    for name, budget in found.get("budgets", {}).items():
        left = "" if budget["left_today"] is None else f", {budget['left_today']:,} left"
        held = f", held until {budget['held_until']}" if budget["held_until"] else ""
        if left or held or budget["calls_today"]:
            yield f"  budget    {name}: {budget['calls_today']:,} calls today{left}{held}"


@contextmanager
def progress(feed: str, *, bar: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Show progress on stderr: a bar where people look at it, one line a kind elsewhere."""
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
    told = f"{feed}: geocode {total:,} {what}"
    logs.tell(logs.INFO, told, event="stage", feed=feed, stage="geocode", counts={what: total})


def log(report: Geocoded) -> None:
    """Tell programs how a geocoding ended; people have it on stdout."""
    where: dict[str, Any] = {"feed": report.feed, "stage": "geocode", "shown": True}
    for warning in (*report.warnings, *(f"{name} stopped: {why}" for name, why in report.stopped.items())):
        logs.tell(logs.WARNING, warning, event="warning", **where)
    counts = {name: kind.as_dict() for name, kind in report.kinds.items()}
    logs.tell(logs.INFO, f"{report.feed}: geocoded", event="geocoded", counts=counts, **where)


def _kinds(report: Geocoded) -> Iterator[str]:
    for name, kind in report.kinds.items():
        parts = [f"{count:,} {result}" for result, count in kind.results.items()]
        yield f"  {name:<10}{', '.join([f'{kind.due:,} to ask for', *parts, *_left_out(kind)])}"


def _left_out(kind: Kind) -> Iterator[str]:
    if kind.waiting:
        yield f"{kind.waiting:,} left alone: their cluster has no place that could vouch for theirs"
    if kind.unaskable:
        yield f"{kind.unaskable:,} left alone: their names are too short, without their codes, or too long to ask for"


def _providers(report: Geocoded) -> Iterator[str]:
    if report.calls:
        yield "  calls     " + ", ".join(f"{name} {count:,}" for name, count in report.calls.items())
    for name, why in report.stopped.items():
        yield f"  stopped   {name}: {redact(why)}"
