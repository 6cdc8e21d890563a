"""Translates psycopg's exceptions into fleetfeed's; the only place that does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sized
from contextlib import contextmanager

import psycopg

from fleetfeed.errors import (
    CommitUnanswered,
    DatabaseError,
    DeadlineExceeded,
    FleetfeedError,
    InvalidArgument,
    SchemaBehind,
)
from fleetfeed.text.redact import redact

_MIGRATE = "Run `fleetfeed migrate`."
_MIGRATE_AGAIN = "Run `fleetfeed migrate` again: it does only what is still missing."
_MISSING = "Restore the object that it names, which was altered or dropped; then run `fleetfeed migrate` again."
_RENAME = "Rename it or move it to another schema; then run again."
_CONNECT = "Check DATABASE_URL (or [database] url) and that the server runs; then run again."
_AGAIN = "Run again: what is not committed is loaded from the bucket once more."
_ADDRESS = "Correct DATABASE_URL (or [database] url); in a URL, a password is percent-encoded."
_AUTHORITY = "Name the authority that signed its certificate: sslrootcert=FILE in DATABASE_URL, or PGSSLROOTCERT."
_GRANT = (
    "Let an administrator grant this user fleetfeed_loader; fleetfeed_reader for the map and the dashboard, "
    "fleetfeed_owner for `migrate` and `prune`. If it has that, `fleetfeed migrate` completes the role's rights."
)
_ROLLED_BACK = "What was not committed is rolled back."
_LOST = ("08", "57P01", "57P02", "57P05", "25P03")  # the server ends the connection
_PLACE = re.compile(r"^LINE \d+: .*\n *\^ *$", re.MULTILINE)  # the position in our own statement: of no use to users
_GUESSES = re.compile(" This probably means| Is the server running")  # libpq's long explanations
_NO_URL = (" URI", "URI ", "percent-encoded", "connection info string", "invalid connection option")  # libpq's words
_BY_STATE: dict[str, tuple[type[DatabaseError], str, str]] = {
    "42P01": (SchemaBehind, "The database lacks a table of fleetfeed", _MIGRATE),
    "42703": (SchemaBehind, "The database lacks a column of fleetfeed", _MIGRATE),
    "42883": (SchemaBehind, "The database lacks a function of fleetfeed", _MIGRATE),
    "3F000": (SchemaBehind, "The database lacks a schema of fleetfeed", _MIGRATE),
    **dict.fromkeys(
        ("42P06", "42P07", "42723"), (DatabaseError, "Something else has the name of what is made", _RENAME)
    ),
    "42501": (DatabaseError, "The database user lacks a right", _GRANT),
    "28P01": (DatabaseError, "The database refused the password", "Check the user and password in DATABASE_URL."),
    "28000": (DatabaseError, "The database refused the login", "Check the user in DATABASE_URL and pg_hba.conf."),
    "3D000": (DatabaseError, "The database does not exist", "Create it, or check its name in DATABASE_URL."),
    "53100": (DatabaseError, "The database server's disk is full", "Make room there; then run again."),
    "55P03": (DatabaseError, "Another session holds a lock for too long", _AGAIN),
    "53300": (
        DatabaseError,
        "The database takes no more connections",
        "End sessions that nobody needs, or raise max_connections (of the role or database: CONNECTION LIMIT).",
    ),
    "25006": (
        DatabaseError,
        "The database is read-only",
        "Point DATABASE_URL at the primary server, or take default_transaction_read_only off.",
    ),
}
_REJECTED = ("22023", "22007", "22008")  # invalid parameter value, invalid time, time out of range
POOLER_REFUSES = "08P01"  # a connection pooler that rejects a session setting
# Before there is a connection, libpq reports no SQLSTATE.
_LOGINS = (
    ("password authentication failed|no password supplied", "28P01"),
    ("database .* does not exist", "3D000"),
    ("role .* does not exist|is not permitted to log in|no pg_hba.conf entry|authentication failed", "28000"),
    ("unsupported startup parameter", POOLER_REFUSES),
    ("too many clients|too many connections|connection slots are reserved", "53300"),
)
_NEXT_STEPS = {  # more specific than those of _BY_STATE
    "create extension": "Let an administrator run CREATE EXTENSION postgis in this database; then run again.",
    "is not permitted to log in": "Let an administrator run ALTER ROLE … LOGIN, or name another user in DATABASE_URL.",
    "does not support SSL": "Set up TLS on that server, or take sslmode out of DATABASE_URL (or PGSSLMODE away).",
    "certificate verify failed": _AUTHORITY,
    "root certificate": _AUTHORITY,
}


@contextmanager
def translated(*, connecting: bool = False) -> Iterator[None]:
    """Raise psycopg's errors as DatabaseError with cause, effect and next step, without secrets."""
    try:
        yield
    except psycopg.Error as error:
        found = _translate(error, connecting=connecting)
        raise found from (None if _is_about_address(error) else error)


@contextmanager
def asking() -> Iterator[None]:
    """Like `translated`; an argument that a reading function rejects raises InvalidArgument with its hint."""
    with translated(connecting=True):
        try:
            yield
        except psycopg.Error as error:
            if error.sqlstate not in _REJECTED:
                raise
            cause, hint = error.diag.message_primary or "", error.diag.message_hint or ""
            raise InvalidArgument(cause, effect="", next_step=hint) from None


@contextmanager
def migrating(done: Sized) -> Iterator[None]:
    """Adapt errors to `migrate`: mention the committed steps in `done`, and do not advise to run `migrate`."""
    try:
        yield
    except (DatabaseError, DeadlineExceeded) as error:
        raised: FleetfeedError = error
        if isinstance(error, SchemaBehind):
            raised = DatabaseError(f"The database lacks what a step needs: {error.server_text}.", next_step=_MISSING)
        if isinstance(error, CommitUnanswered | DeadlineExceeded) or error.retry:
            raised.next_step = _MIGRATE_AGAIN
        if done and not isinstance(error, CommitUnanswered):
            count = f"{len(done)} step{'s' * (len(done) > 1)} before it {'are' if len(done) > 1 else 'is'}"
            raised.effect = f"The {count} done and {'stay' if len(done) > 1 else 'stays'}; nothing else was written."
        if raised is error:
            raise
        raise raised from error.__cause__


def _translate(error: psycopg.Error, *, connecting: bool) -> FleetfeedError:
    text = redact(_GUESSES.split(" ".join(_PLACE.sub("", str(error)).split()))[0])
    state = error.sqlstate or _state_of_login(text)
    if state == "57014":
        return DeadlineExceeded(
            "The server ended a statement that took too long (its statement_timeout), or that was cancelled.",
            next_step=_AGAIN,
        )
    found = _database_error(error, text, state, connecting=connecting)
    found.sqlstate, found.server_text, found.retry = state, text, found.next_step is _AGAIN
    return found


def _database_error(error: psycopg.Error, text: str, state: str, *, connecting: bool) -> DatabaseError:
    kind, cause, next_step = _BY_STATE.get(state, (DatabaseError, "", _CONNECT))
    next_step = next((better for words, better in _NEXT_STEPS.items() if words in text), next_step)
    if cause:
        return kind(f"{cause}: {text}.", next_step=next_step)
    if isinstance(error, psycopg.OperationalError) and connecting:
        return DatabaseError(f"The database cannot be reached: {text}.", next_step=next_step)
    if isinstance(error, psycopg.OperationalError) and (not state or state.startswith(_LOST)):
        # The effect leaves open whether something was committed before: that is not known here.
        return DatabaseError(
            f"The connection to the database broke off: {text}.", effect=_ROLLED_BACK, next_step=_AGAIN
        )
    if _is_about_address(error):
        without = re.sub('"[^"]*"', '"…"', text)  # libpq quotes what it cannot parse, which may be a password
        return DatabaseError(f"The database's address makes no sense: {without}.", next_step=_ADDRESS)
    return DatabaseError(f"The database reports: {text} (SQLSTATE {state}).", next_step=_AGAIN)


def _is_about_address(error: psycopg.Error) -> bool:
    """Whether libpq could not parse the address; its message may contain the password."""
    return isinstance(error, psycopg.ProgrammingError) and any(words in str(error) for words in _NO_URL)


def _state_of_login(text: str) -> str:
    return next((state for words, state in _LOGINS if re.search(words, text)), "")
