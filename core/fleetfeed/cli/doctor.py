"""`fleetfeed doctor`: find what is wrong before a run does."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import typer

from fleetfeed.cli.output.documents import AsJson, print_json
from fleetfeed.project import Project

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.config.tables import FeedSettings
    from fleetfeed.doctor import Finding
    from fleetfeed.model import StoredObject

_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "error": ("✗", "red")}


@dataclass(slots=True)
class _Findings:
    """Collect findings, and print each as it is found."""

    mute: bool
    found: list[Finding] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)  # of the newest exports, in bytes

    def look(self, area: str, check: Callable[[], Iterable[Finding]]) -> None:
        from fleetfeed.doctor import examine

        for finding in examine(area, check):
            self.found.append(finding)
            if not self.mute:
                _print(finding)

    def count(self, level: str) -> int:
        return sum(finding.level == level for finding in self.found)


def doctor(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Check settings, plugins, database, buckets, geocoders and this machine. Exits 1 if any check fails (✗)."""
    from fleetfeed.doctor.machine import disk

    seen = _Findings(mute=as_json)
    if project := _project(ctx.obj, seen):
        _look(project, seen)
    seen.look("disk", lambda: disk(max(seen.sizes, default=0), os.environ))
    if as_json:
        print_json(well=not seen.count("error"), findings=[asdict(finding) for finding in seen.found])
    else:
        typer.echo(f"{seen.count('error')} wrong, {seen.count('warning')} to look at, {seen.count('ok')} well.")
    raise typer.Exit(1 if seen.count("error") else 0)


def _project(context: Context, seen: _Findings) -> Project | None:
    """Check settings and environment; return the project if the settings are valid."""
    from fleetfeed.cli.config import rows
    from fleetfeed.doctor import Finding
    from fleetfeed.doctor.environment import environment
    from fleetfeed.doctor.settings import settings

    found: list[Project] = []

    def load() -> Iterator[Finding]:
        found.append(Project.load(context.project))
        yield from settings(str(found[0].loaded.path), list(rows(found[0].loaded)))

    seen.look("settings", load)
    warnings = [text for project in found for text in project.loaded.warnings]
    seen.look("environment", lambda: environment(os.environ, warnings))
    if found:
        return found[0]
    rest = "plugins, database, buckets, geocoders and zone were not looked at: the settings cannot be used"
    seen.look("settings", lambda: [Finding("settings", "warning", rest, "Correct the settings, then run this again.")])
    return None


def _look(project: Project, seen: _Findings) -> None:
    from fleetfeed.doctor.machine import zone
    from fleetfeed.doctor.page import page
    from fleetfeed.doctor.plugins import plugins
    from fleetfeed.doctor.schedules import schedules

    settings = project.loaded.settings
    seen.look("plugins", lambda: plugins(project.plugins, settings.feeds))
    seen.look("database", lambda: _database(project))
    for name, feed in settings.feeds.items():
        seen.look(f"bucket {name}", partial(_bucket, project, name, feed, seen.sizes))
    seen.look("geocoder", lambda: _geocoders(project))
    seen.look("zone", lambda: zone(settings.project.timezone, _schedules(project), os.environ))
    seen.look("schedule", lambda: schedules(settings.project.timezone, settings.feeds))
    seen.look("page", lambda: page(settings.serve, project.folder))


def _schedules(project: Project) -> dict[str, str | None]:
    return {name: feed.schedule for name, feed in project.loaded.settings.feeds.items()}


def _database(project: Project) -> Iterator[Finding]:
    """Connect, and run each check on its own; those of the tables only if there are tables."""
    from fleetfeed.doctor import database, examine, rights, units
    from fleetfeed.errors import DatabaseError

    settings, (feeds, _) = project.loaded.settings, project.plugins.usable(project.loaded.settings.feeds)
    readers = settings.database.reader_roles
    try:
        with project.database("doctor") as db:
            found = examine(rights.AREA, partial(database.server, db))
            ground = examine(rights.AREA, partial(database.ground, db, project.migrations))
            yield from (*found, *ground)
            is_ready = all(finding.level == "ok" for finding in (*found, *ground))
            checks: list[Callable[[], Iterable[Finding]]] = [
                partial(rights.known, db, readers),
                partial(rights.who, db, embedded=project.access.is_embedded),
                partial(database.transport, db),
                partial(database.clock, db),
                lambda: database.pooler(db, project.database("doctor")),
            ]
            if is_ready:
                checks += [
                    partial(database.schema, db, project.migrations, feeds),
                    partial(rights.rights, db, readers),
                    partial(database.hours, db, settings.project.timezone, _schedules(project)),
                ]
            for check in checks:
                yield from examine(rights.AREA, check)
            if is_ready:
                yield from examine(units.AREA, partial(units.units, db, settings.units))
    except DatabaseError as error:
        yield database.refused(error)


def _bucket(project: Project, name: str, settings: FeedSettings, sizes: list[int]) -> Iterator[Finding]:
    """List a feed's exports, and check its store."""
    from fleetfeed.doctor import buckets, examine

    area, is_s3 = f"bucket {name}", settings.source.startswith("s3://")
    yield from examine(area, partial(buckets.archive, name, settings))
    if is_s3:
        yield from examine(area, lambda: buckets.credentials(name, _key(project)))
    bucket = project.bucket(settings.source, quick=True)
    listed = bucket.exports()
    sizes += [item.size for item in listed[-1:]]
    processed = None if listed else _processed(project, name)
    yield from examine(area, lambda: buckets.exports(name, settings, bucket.url, listed, processed))
    if is_s3:
        yield from examine(area, lambda: buckets.store(name, bucket))


def _processed(project: Project, feed: str) -> StoredObject | None:
    """Return the newest archived export; None if the database is unavailable, which is another finding."""
    from fleetfeed.database.ledger.runs import newest_archived
    from fleetfeed.errors import DatabaseError

    try:
        with project.database("doctor") as db:
            return newest_archived(db, feed)
    except DatabaseError:
        return None


def _key(project: Project) -> str:
    """Return the origin of the access key; "" for the AWS credential chain."""
    given = project.loaded.settings.store.access_key
    return project.loaded.origin["store.access_key"].name if given else ""


def _geocoders(project: Project) -> Iterator[Finding]:
    """Check each geocoder of any feed, once."""
    from fleetfeed.doctor import examine
    from fleetfeed.doctor.geocoder import geocoder

    feeds, _ = project.plugins.usable(project.loaded.settings.feeds)
    used = {name: settings for feed in feeds for name, settings in project.limits(feed).items()}
    for name, settings in used.items():
        account = getattr(project.plugins.get(name).module, "account", None)
        yield from examine(f"geocoder {name}", partial(geocoder, name, settings, account))


def _print(finding: Finding) -> None:
    from fleetfeed.text.escape import printable
    from fleetfeed.text.redact import redact

    mark, colour = _MARKS[finding.level]
    typer.secho(f"{mark} ", fg=colour, nl=False)
    typer.echo(printable(redact(f"{finding.area}: {' '.join(finding.what.split())}")))
    if finding.hint:
        typer.echo(printable(redact(f"    → {finding.hint}")))
