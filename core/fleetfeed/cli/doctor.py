"""`fleetfeed doctor`: what is wrong, before a run finds out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from fleetfeed.cli.output.documents import written
from fleetfeed.project import Project

if TYPE_CHECKING:
    from fleetfeed.cli.context import Context
    from fleetfeed.config.tables import FeedSettings
    from fleetfeed.doctor import Finding
    from fleetfeed.model import StoredObject

_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "error": ("✗", "red")}


@dataclass(slots=True)
class _Findings:
    """Collect findings, and tell each as it comes."""

    mute: bool
    found: list[Finding] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)  # of the newest exports, in bytes

    def look(self, area: str, check: Callable[[], Iterable[Finding]]) -> None:
        from fleetfeed.doctor import examine

        for finding in examine(area, check):
            self.found.append(finding)
            if not self.mute:
                _tell(finding)

    def count(self, level: str) -> int:
        return sum(finding.level == level for finding in self.found)


def doctor(
    ctx: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False
) -> None:
    """Look at settings, plugins, database, buckets, geocoders and this machine. Exits 1 if any of it is wrong (✗)."""
    from fleetfeed.doctor.machine import disk

    seen = _Findings(mute=as_json)
    if project := _project(ctx.obj, seen):
        _look(project, seen)
    seen.look("disk", lambda: disk(max(seen.sizes, default=0), os.environ))
    if as_json:
        typer.echo(_document(seen))
    else:
        typer.echo(f"{seen.count('error')} wrong, {seen.count('warning')} to look at, {seen.count('ok')} well.")
    raise typer.Exit(1 if seen.count("error") else 0)


def _project(context: Context, seen: _Findings) -> Project | None:
    """Load the settings; where they cannot be used, so much is told, and what needs none is looked at still."""
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
    seen.look("settings", lambda: [Finding("settings", "warning", rest, "Mend the settings, then call this again.")])
    return None


def _look(project: Project, seen: _Findings) -> None:
    from fleetfeed.doctor.machine import zone
    from fleetfeed.doctor.plugins import plugins
    from fleetfeed.doctor.schedules import schedules

    settings = project.loaded.settings
    seen.look("plugins", lambda: plugins(project.plugins, settings.feeds))
    seen.look("database", lambda: _database(project))
    for name, said in settings.feeds.items():
        seen.look(f"bucket {name}", partial(_bucket, project, name, said, seen.sizes))
    seen.look("geocoder", lambda: _geocoders(project))
    seen.look("zone", lambda: zone(settings.project.timezone, _schedules(project), os.environ))
    seen.look("schedule", lambda: schedules(settings.project.timezone, settings.feeds))


def _schedules(project: Project) -> dict[str, str | None]:
    return {name: said.schedule for name, said in project.loaded.settings.feeds.items()}


def _database(project: Project) -> Iterator[Finding]:
    """Connect, and run each check by itself; those of the tables only where there are tables to look at."""
    from fleetfeed.doctor import database, examine, rights
    from fleetfeed.errors import DatabaseError

    settings, (feeds, _) = project.loaded.settings, project.plugins.usable(project.loaded.settings.feeds)
    readers = settings.database.reader_roles
    try:
        with project.database("doctor") as db:
            found = examine(rights.AREA, partial(database.server, db))
            ground = examine(rights.AREA, partial(database.ground, db, project.migrations))
            yield from (*found, *ground)
            checks: list[Callable[[], Iterable[Finding]]] = [
                partial(rights.known, db, readers),
                partial(rights.who, db, embedded=project.access.is_embedded),
                partial(database.transport, db),
                partial(database.clock, db),
                lambda: database.pooler(db, project.database("doctor")),
            ]
            if all(finding.level == "ok" for finding in (*found, *ground)):
                checks += [
                    partial(database.schema, db, project.migrations, feeds),
                    partial(rights.rights, db, readers),
                    partial(database.hours, db, settings.project.timezone, _schedules(project)),
                ]
            for check in checks:
                yield from examine(rights.AREA, check)
    except DatabaseError as error:
        yield database.refused(error)


def _bucket(project: Project, name: str, settings: FeedSettings, sizes: list[int]) -> Iterator[Finding]:
    """List a feed's exports, and ask its store about itself."""
    from fleetfeed.doctor import buckets, examine

    area, is_s3 = f"bucket {name}", settings.source.startswith("s3://")
    yield from examine(area, partial(buckets.archive, name, settings))
    if is_s3:
        yield from examine(area, lambda: buckets.credentials(name, _key(project)))
    bucket = project.bucket(settings.source, looking=True)
    listed = bucket.exports()
    sizes += [item.size for item in listed[-1:]]
    processed = None if listed else _processed(project, name)
    yield from examine(area, lambda: buckets.exports(name, settings, bucket.url, listed, processed))
    if is_s3:
        yield from examine(area, lambda: buckets.store(name, bucket))


def _processed(project: Project, feed: str) -> StoredObject | None:
    """Ask the ledger for the newest export that was moved away; what keeps it from answering is told elsewhere."""
    from fleetfeed.database.ledger.runs import newest_archived
    from fleetfeed.errors import DatabaseError

    try:
        with project.database("doctor") as db:
            return newest_archived(db, feed)
    except DatabaseError:
        return None


def _key(project: Project) -> str:
    """Name where the settings have the access key from; empty for the AWS chain."""
    given = project.loaded.settings.store.access_key
    return project.loaded.origin["store.access_key"].name if given else ""


def _geocoders(project: Project) -> Iterator[Finding]:
    """Look at each geocoder that a feed names, once."""
    from fleetfeed.doctor import examine
    from fleetfeed.doctor.geocoder import geocoder

    feeds, _ = project.plugins.usable(project.loaded.settings.feeds)
    for name, settings in {name: said for feed in feeds for name, said in project.limits(feed).items()}.items():
        account = getattr(project.plugins.get(name).module, "account", None)
        yield from examine(f"geocoder {name}", partial(geocoder, name, settings, account))


def _tell(finding: Finding) -> None:
    from fleetfeed.text.escape import printable
    from fleetfeed.text.redact import redact

    mark, colour = _MARKS[finding.level]
    typer.secho(f"{mark} ", fg=colour, nl=False)
    typer.echo(printable(redact(f"{finding.area}: {' '.join(finding.what.split())}")))
    if finding.hint:
        typer.echo(printable(redact(f"    → {finding.hint}")))


def _document(seen: _Findings) -> str:
    findings = [asdict(finding) for finding in seen.found]
    return written(well=not seen.count("error"), findings=findings)
