"""Checks the database: versions, schema, clock, connection pooler."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from fleetfeed.database.errors import POOLER_REFUSES
from fleetfeed.database.ledger.runs import NOT_REPLAY
from fleetfeed.database.schema.core_objects import OLDEST, OLDEST_POSTGIS, RESTORE, check_whole
from fleetfeed.database.schema.current import check, check_revision
from fleetfeed.doctor import Finding, skew
from fleetfeed.doctor.rights import AREA, way_to_rights
from fleetfeed.errors import ConfigError, DatabaseError, SchemaBehind
from fleetfeed.schedule.cron import hours_of

if TYPE_CHECKING:
    from fleetfeed.database import Database
    from fleetfeed.feed import Feed

_POSTGIS = """
SELECT (SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'postgis'),
    (SELECT default_version FROM pg_catalog.pg_available_extensions WHERE name = 'postgis')
"""
_READ_ONLY = """
SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('transaction_read_only') = 'on'
"""
# By oid, as names cannot be resolved without USAGE on the schema.
_MAY_LOOK = """
SELECT pg_catalog.has_schema_privilege(relnamespace, 'USAGE') AND pg_catalog.has_table_privilege(oid, 'SELECT')
FROM pg_catalog.pg_class WHERE relname = 'schema_version' AND relnamespace = to_regnamespace('tickets')
"""
_HOURS = f"""
SELECT count(*) FILTER (WHERE outside), count(*), string_agg(DISTINCT hour::text, ', ') FILTER (WHERE outside)
FROM (
    SELECT hour, hour <> ALL (%s) AS outside FROM tickets.import_runs,
        LATERAL (SELECT extract(hour FROM started_at AT TIME ZONE %s)::int AS hour) AS h
    WHERE feed = %s AND started_at > now() - interval '7 days' AND {NOT_REPLAY}
) AS run
"""
FEW = 3  # fewer runs outside the schedule may be manual ones
_POOLER = "Name the server itself in DATABASE_URL, or a pool in session mode: a run holds a lock and temporary tables."


def server(db: Database) -> Iterator[Finding]:
    """Check that the server is writable and new enough."""
    yield _version(db.connection.info.server_version)
    standby, read_only = db.all(_READ_ONLY)[0]
    if standby:
        hint = "Point DATABASE_URL at the primary server."
        yield Finding(AREA, "error", "the server is a standby, on which nothing can be written", hint)
    elif read_only:
        what = "nothing can be written: default_transaction_read_only is on"
        hint = "Take it off the user (ALTER ROLE … RESET default_transaction_read_only), the database or the server."
        yield Finding(AREA, "error", what, hint)


def transport(db: Database) -> Iterator[Finding]:
    """Check that a remote server must prove its identity before it receives the password."""
    info = db.connection.info
    given = {option.keyword.decode(): (option.val or b"").decode() for option in db.connection.pgconn.info}
    yield from unproven(info.hostaddr or info.host, given["sslmode"], given.get("channel_binding", ""))


def unproven(host: str, sslmode: str, channel_binding: str) -> Iterator[Finding]:
    """Yield a warning if a remote server need not prove its identity, and nobody chose that explicitly."""
    is_ours = not host or host.startswith(("/", "@")) or host == "localhost" or _is_loopback(host)
    if not is_ours and sslmode in ("", "allow", "prefer") and channel_binding != "require":
        what = f"any server that answers as {host} is sent the password: without sslmode nothing proves which it is"
        hint = "Add ?sslmode=verify-full&sslrootcert=FILE to DATABASE_URL; sslmode=disable, in a network of your own."
        yield Finding(AREA, "warning", what, hint)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def ground(db: Database, migrations: Path) -> Iterator[Finding]:
    """Check PostGIS, the right to read the tables, and the schema's revision; only the first problem is reported.

    Without these, all other checks of tables would fail for the same reason.
    """
    may_look = db.one(_MAY_LOOK)  # None: there are no tables
    found = _postgis(*db.all(_POSTGIS)[0], empty=may_look is None)
    yield found
    if found.level == "error":
        return
    if may_look is False:
        who = db.one("SELECT current_user")
        yield Finding(
            AREA, "error", f"we are {who}, who may not look at the tables of fleetfeed", way_to_rights(db, who)
        )
        return
    check_whole(db, migrations)
    check_revision(db, migrations)


def _version(number: int) -> Finding:
    name = f"PostgreSQL {number // 10000}"
    if number >= OLDEST:
        return Finding(AREA, "ok", name)
    return Finding(AREA, "error", f"{name} is too old: 14 is needed", "Point DATABASE_URL at a newer server.")


def _postgis(installed: str | None, available: str | None, *, empty: bool) -> Finding:
    if installed is None and available is None:
        hint = "Install its package on the database server (Debian, Ubuntu: postgresql-NN-postgis-3)."
        return Finding(AREA, "error", "PostGIS is not installed on the database server", hint)
    if installed is None:
        hint = "Run `fleetfeed migrate`, or let an administrator run CREATE EXTENSION postgis in this database."
        return Finding(AREA, "error", "the database has no PostGIS extension", hint if empty else RESTORE)
    if tuple(map(int, re.findall(r"\d+", installed)[:2])) < OLDEST_POSTGIS:
        hint = "Update it on the server, then ALTER EXTENSION postgis UPDATE."
        return Finding(AREA, "error", f"PostGIS {installed} is too old: 3.1 is needed", hint)
    return Finding(AREA, "ok", f"PostGIS {installed}")


def schema(db: Database, migrations: Path, feeds: Iterable[Feed]) -> Iterator[Finding]:
    """Check that `migrate` has nothing to do for each feed."""
    for feed in feeds:
        try:
            check(db, migrations, feed)
        except SchemaBehind as error:
            yield Finding(AREA, "error", error.cause, error.next_step)
        else:
            yield Finding(AREA, "ok", f"schema is at head, table of feed {feed.name} too")


def hours(db: Database, timezone: str, schedules: Mapping[str, str | None]) -> Iterator[Finding]:
    """Check that runs happen in the hours of their schedule; otherwise the scheduler's zone may be wrong."""
    for feed, schedule in schedules.items():
        try:
            allowed, _ = hours_of(schedule)
        except ConfigError:
            continue  # reported by schedules()
        outside, runs, came = db.all(_HOURS, [list(allowed), timezone, feed])[0]
        if outside >= FEW and outside * 10 >= runs:
            what = f"{outside} of the {runs} runs of feed {feed} in the last 7 days came at hours ({came}) that"
            hint = "The scheduler uses another time zone, or runs are started by hand; see the lines on `zone`."
            yield Finding(AREA, "warning", f"{what} `{schedule}` in {timezone} does not have", hint)


def clock(db: Database) -> Iterator[Finding]:
    """Compare the server's clock with this machine's."""
    before = datetime.now(UTC)
    theirs: datetime = db.one("SELECT pg_catalog.clock_timestamp()")
    yield skew(AREA, "the database server's", (theirs - (before + (datetime.now(UTC) - before) / 2)).total_seconds())


def pooler(db: Database, again: AbstractContextManager[Database]) -> Iterator[Finding]:
    """Detect a pooler in transaction mode, which shares server processes; `again` opens a second connection.

    While the second is in a transaction, the first one's next statement runs in another process: then locks and
    temporary tables of a session are lost.
    """
    if db.one("SELECT pg_catalog.current_setting('search_path')") != "pg_catalog":
        what = "a connection pooler drops the settings that our sessions begin with, time limits among them"
        yield Finding(AREA, "warning", what, f"Take `options` out of its ignore_startup_parameters. {_POOLER}")
    first = db.one("SELECT pg_catalog.pg_backend_pid()")
    with again as other, other.transaction(keep=False):
        theirs = other.one("SELECT pg_catalog.pg_backend_pid()")
        shared = theirs == first or db.one("SELECT pg_catalog.pg_backend_pid()") != first
    if shared:
        yield Finding(AREA, "error", "a connection pooler in transaction mode is in front of the server", _POOLER)
    elif first != db.connection.info.backend_pid:
        yield Finding(AREA, "ok", "a connection pooler in session mode is in front of the server")
    else:
        yield Finding(AREA, "ok", "there is no connection pooler in front of the server")


def refused(error: DatabaseError) -> Finding:
    """Return the finding for a failed connection; poolers reject settings that they do not know."""
    if error.sqlstate == POOLER_REFUSES:
        return Finding(AREA, "error", f"a connection pooler refuses the session's settings: {error.cause}", _POOLER)
    return Finding(AREA, "error", error.cause, error.next_step)
