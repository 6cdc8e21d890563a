"""Whether a database is what this fleetfeed and its feeds need; apart from `migrate`, as every command asks it."""

from __future__ import annotations

import re
from pathlib import Path

from fleetfeed.database.connection import Database
from fleetfeed.database.schema import plan as plans
from fleetfeed.database.schema import tables
from fleetfeed.database.schema.derived import ReadSide
from fleetfeed.errors import SchemaBehind
from fleetfeed.feed import Feed

_REVISION = "SELECT version_num FROM tickets.schema_version"


def head(migrations: Path) -> str:
    """Tell the newest revision of a folder of migrations; they follow each other by number."""
    names = sorted(path.name for path in (migrations / "versions").glob("[0-9]*.py"))
    return re.split("[_.]", names[-1])[0] if names else ""


def revision(db: Database) -> str | None:
    """Tell the revision the database is at; None before the first."""
    if not db.one("SELECT to_regclass('tickets.schema_version') IS NOT NULL"):
        return None
    found: str | None = db.one(_REVISION)
    return found


def sees_tables(db: Database) -> bool:
    """Tell whether this user may look at what there is to check: a reader calls functions, and sees no table."""
    found = db.one("SELECT has_table_privilege(to_regclass('tickets.schema_version'), 'SELECT')")
    return found is not False  # null: there is none, which is for the check to tell


def check_revision(db: Database, migrations: Path) -> None:
    """Refuse to go on with core objects that are not this fleetfeed's. Raises SchemaBehind."""
    if revision(db) != head(migrations):
        raise SchemaBehind(
            f"The database is at revision {revision(db) or 'none'}, this fleetfeed needs {head(migrations)}.",
            next_step="Run `fleetfeed migrate` (`--plan` shows what it will do).",
        )


def check(db: Database, migrations: Path, feed: Feed) -> None:
    """Refuse to go on while `migrate` has something to do. Raises SchemaBehind."""
    check_revision(db, migrations)
    applied = db.all("SELECT definition, picture FROM tickets.feed_schemas WHERE feed = %s", [feed.name])
    # The quick way: nothing was declared or altered since `migrate`.
    quick = applied == [(tables.definition(feed, db.postgis), plans.picture(db, feed))]
    if steps := [*([] if quick else plans.plan(db, feed)), *ReadSide(db, feed).steps()]:
        raise SchemaBehind(
            f"The table of feed {feed.name}, or what derives from it, is not what the feed declares: {steps[0].what}"
            f"{' and more' * (len(steps) > 1)}.",
            next_step="Run `fleetfeed migrate` (`--plan` shows what it will do).",
        )
