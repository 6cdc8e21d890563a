"""Checks whether a database matches this fleetfeed and its feeds; quick, as every command does it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from fleetfeed.database.connection import Database
from fleetfeed.database.schema import plan as plans
from fleetfeed.database.schema import tables
from fleetfeed.database.schema.derived import ReadSide
from fleetfeed.errors import SchemaBehind
from fleetfeed.feed import Feed

_REVISION = "SELECT version_num FROM tickets.schema_version"


def head(migrations: Path) -> str:
    """Return the newest revision in a folder of migrations, by number."""
    names = sorted(path.name for path in (migrations / "versions").glob("[0-9]*.py"))
    return re.split("[_.]", names[-1])[0] if names else ""


def revision(db: Database) -> str | None:
    """Return the database's revision; None before the first migration."""
    if not db.one("SELECT to_regclass('tickets.schema_version') IS NOT NULL"):
        return None
    found: str | None = db.one(_REVISION)
    return found


def sees_tables(db: Database) -> bool:
    """Whether this user may read the tables that `check` needs: a reader may only call functions."""
    found = db.one("SELECT has_table_privilege(to_regclass('tickets.schema_version'), 'SELECT')")
    return found is not False  # null: there is no such table, which `check` reports


def check_revision(db: Database, migrations: Path) -> None:
    """Check that the core's objects are at this fleetfeed's revision. Raises SchemaBehind."""
    if revision(db) != head(migrations):
        raise SchemaBehind(
            f"The database is at revision {revision(db) or 'none'}, this fleetfeed needs {head(migrations)}.",
            next_step="Run `fleetfeed migrate` (`--plan` shows what it will do).",
        )


def without_table(db: Database, feeds: Iterable[str]) -> list[SchemaBehind]:
    """Return an error for each of these feeds that `migrate` has not seen yet."""
    made = {feed for (feed,) in db.all("SELECT feed FROM tickets.feed_schemas")}
    return [
        SchemaBehind(f"Feed {feed} has no table yet.", next_step="Run `fleetfeed migrate`.")
        for feed in feeds
        if feed not in made
    ]


def check(db: Database, migrations: Path, feed: Feed) -> None:
    """Check that `migrate` has nothing to do for a feed. Raises SchemaBehind."""
    check_revision(db, migrations)
    applied = db.all("SELECT definition, picture FROM tickets.feed_schemas WHERE feed = %s", [feed.name])
    # If neither declaration nor table changed since `migrate`, comparing them in full is not needed.
    quick = applied == [(tables.definition(feed, db.postgis), plans.picture(db, feed))]
    if steps := [*([] if quick else plans.plan(db, feed)), *ReadSide(db, feed).steps()]:
        raise SchemaBehind(
            f"The table of feed {feed.name}, or what derives from it, is not what the feed declares: {steps[0].what}"
            f"{' and more' * (len(steps) > 1)}.",
            next_step="Run `fleetfeed migrate` (`--plan` shows what it will do).",
        )
