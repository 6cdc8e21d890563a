"""The database: its versions, its schema, its clock, and whether a pooler stands before it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from fleetfeed.database.errors import POOLER_REFUSES
from fleetfeed.database.ledger.runs import LOOKED
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
# By oid: a name is not even looked up for those who may not use its schema.
_MAY_LOOK = """
SELECT pg_catalog.has_schema_privilege(relnamespace, 'USAGE') AND pg_catalog.has_table_privilege(oid, 'SELECT')
FROM pg_catalog.pg_class WHERE relname = 'schema_version' AND relnamespace = to_regnamespace('tickets')
"""
_HOURS = f"""
SELECT count(*) FILTER (WHERE outside), count(*), string_agg(DISTINCT hour::text, ', ') FILTER (WHERE outside)
FROM (
    SELECT hour, hour <> ALL (%s) AS outside FROM tickets.import_runs,
        LATERAL (SELECT extract(hour FROM started_at AT TIME ZONE %s)::int AS hour) AS h
    WHERE feed = %s AND started_at > now() - interval '7 days' AND {LOOKED}
) AS run
"""
FEW = 3  # so many runs by hand are nobody's schedule
_POOLER = "Name the server itself in DATABASE_URL, or a pool in session mode: a run holds a lock and temporary tables."


def server(db: Database) -> Iterator[Finding]:
    """See that it is a server that can be written to, of a version that is new enough."""
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
    """See that another host has to prove who it is before it is sent the password."""
    info = db.connection.info
    given = {option.keyword.decode(): (option.val or b"").decode() for option in db.connection.pgconn.info}
    yield from unproven(info.hostaddr or info.host, given["sslmode"], given.get("channel_binding", ""))


def unproven(host: str, sslmode: str, channel_binding: str) -> Iterator[Finding]:
    """Judge how a host is connected to; one of ours, or a way that somebody chose, is no finding."""
    is_ours = not host or host.startswith(("/", "@")) or host == "localhost" or _is_loopback(host)
    if not is_ours and sslmode in ("", "allow", "prefer") and channel_binding != "require":
        what = f"whoever answers as {host} is sent the password: without sslmode nothing proves who it is"
        hint = "Add ?sslmode=verify-full&sslrootcert=FILE to DATABASE_URL; sslmode=disable, in a network of your own."
        yield Finding(AREA, "warning", what, hint)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def ground(db: Database, migrations: Path) -> Iterator[Finding]:
    """See that PostGIS is there, that we may look, and that `migrate` has run; what is wrong first is all that is told.

    Without these, every other look at the tables fails for the same reason.
    """
    may_look = db.one(_MAY_LOOK)  # None where there is nothing to look at
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
    told = f"PostgreSQL {number // 10000}"
    if number >= OLDEST:
        return Finding(AREA, "ok", told)
    return Finding(AREA, "error", f"{told} is too old: 14 is needed", "Point DATABASE_URL at a newer server.")


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
    """See that `migrate` has nothing to do, for the core and for each feed."""
    for feed in feeds:
        try:
            check(db, migrations, feed)
        except SchemaBehind as error:
            yield Finding(AREA, "error", error.cause, error.next_step)
        else:
            yield Finding(AREA, "ok", f"schema is at head, table of feed {feed.name} too")


def hours(db: Database, timezone: str, schedules: Mapping[str, str | None]) -> Iterator[Finding]:
    """See whether runs come in the hours of their schedule: the zone of a scheduler shows nowhere else."""
    for feed, schedule in schedules.items():
        try:
            allowed, _ = hours_of(schedule)
        except ConfigError:
            continue  # which the look at the zone tells
        outside, runs, came = db.all(_HOURS, [list(allowed), timezone, feed])[0]
        if outside >= FEW and outside * 10 >= runs:
            what = f"{outside} of the {runs} runs of feed {feed} in the last 7 days came at hours ({came}) that"
            hint = "The scheduler goes by another time zone, or somebody runs it by hand; the lines on `zone` say more."
            yield Finding(AREA, "warning", f"{what} `{schedule}` in {timezone} does not have", hint)


def clock(db: Database) -> Iterator[Finding]:
    """Compare the server's clock with ours."""
    before = datetime.now(UTC)
    theirs: datetime = db.one("SELECT pg_catalog.clock_timestamp()")
    yield skew(AREA, "the database server's", (theirs - (before + (datetime.now(UTC) - before) / 2)).total_seconds())


def pooler(db: Database, again: AbstractContextManager[Database]) -> Iterator[Finding]:
    """Find a pool that gives one server process to two of its clients by turns; `again` connects a second time.

    While the second one is in a transaction, the first one's next statement comes from another process: then what a
    session holds, its locks and temporary tables, is not ours.
    """
    if db.one("SELECT pg_catalog.current_setting('search_path')") != "pg_catalog":
        what = "a connection pooler drops the settings that our sessions begin with, time limits among them"
        yield Finding(AREA, "warning", what, f"Take `options` out of its ignore_startup_parameters. {_POOLER}")
    first = db.one("SELECT pg_catalog.pg_backend_pid()")
    with again as other, other.transaction(keep=False):
        theirs = other.one("SELECT pg_catalog.pg_backend_pid()")
        shared = theirs == first or db.one("SELECT pg_catalog.pg_backend_pid()") != first
    if shared:
        yield Finding(AREA, "error", "a connection pooler in transaction mode stands before the server", _POOLER)
    elif first != db.connection.info.backend_pid:
        yield Finding(AREA, "ok", "a connection pooler in session mode stands before the server")
    else:
        yield Finding(AREA, "ok", "no connection pooler stands before the server")


def refused(error: DatabaseError) -> Finding:
    """Tell why no connection could be had; poolers refuse what they do not know."""
    if error.sqlstate == POOLER_REFUSES:
        return Finding(AREA, "error", f"a connection pooler refuses the session's settings: {error.cause}", _POOLER)
    return Finding(AREA, "error", error.cause, error.next_step)
