"""Checks the database user's roles and rights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from fleetfeed.database.schema import roles
from fleetfeed.database.schema.rights import GROUPS, LOADER, OWNER
from fleetfeed.database.schema.tables import quoted
from fleetfeed.doctor import Finding

if TYPE_CHECKING:
    from fleetfeed.database import Database

AREA = "database"
_WHO = "SELECT rolname, rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user"
_OWNS = """
SELECT pg_catalog.has_table_privilege(oid, 'DELETE') FROM pg_catalog.pg_class
WHERE relname = 'import_runs' AND relnamespace = to_regnamespace('tickets')
"""
_LACKS = """
SELECT name, string_agg(wanted, ', ') FROM unnest(%s::text[], %s::oid[], %s::text[], %s::text[])
    WITH ORDINALITY AS due (kind, oid, name, wanted, place)
WHERE NOT CASE kind
    WHEN 'SCHEMA' THEN pg_catalog.has_schema_privilege(oid, wanted)
    WHEN 'DATABASE' THEN pg_catalog.has_database_privilege(oid, wanted)
    WHEN 'ROUTINE' THEN pg_catalog.has_function_privilege(oid, wanted)
    ELSE pg_catalog.has_table_privilege(oid, wanted)
END
GROUP BY name ORDER BY min(place)
"""
_IS_LOADER = """
SELECT CASE
    WHEN pg_catalog.pg_has_role(oid, 'USAGE') THEN 'has'
    WHEN pg_catalog.pg_has_role(oid, 'MEMBER') THEN 'may'
END
FROM pg_catalog.pg_roles WHERE rolname = %s
"""
_SHOWN = 3  # objects with missing rights


def known(db: Database, readers: Sequence[str]) -> Iterator[Finding]:
    """Check that the roles of the contract and of the settings exist."""
    if missing := roles.missing(db, GROUPS):
        hint = "Run `fleetfeed migrate` as a user that may create roles; else it prints the SQL for an administrator."
        yield Finding(AREA, "warning", f"there is no role {', '.join(missing)}", hint)
    roles.check(db, readers)


def who(db: Database, *, embedded: bool) -> Iterator[Finding]:
    """Report the current user if it is a superuser or owns the embedded server."""
    name, is_super = db.all(_WHO)[0]
    if embedded:
        yield Finding(AREA, "ok", f"we are {name}, to whom the embedded server belongs")
    elif is_super:
        what = f"we are {name}, a superuser: far more than loading needs"
        hint = f"Let scheduled runs use a login of their own: CREATE ROLE … LOGIN IN ROLE {LOADER}; docs/database.md."
        yield Finding(AREA, "warning", what, hint)


def rights(db: Database, readers: Sequence[str]) -> Iterator[Finding]:
    """Check that the current user may do what a run does, and that all roles have the rights of the contract."""
    name, is_super = db.all(_WHO)[0]
    lacks = _lacks(db)
    if lacks:
        yield Finding(AREA, "error", f"we are {name}, who lacks {lacks}", way_to_rights(db, name))
    elif not is_super and db.one(_OWNS):
        yield Finding(AREA, "ok", f"we are {name}, who may migrate and prune; loading needs only {LOADER}")
    elif not is_super:
        yield Finding(AREA, "ok", f"we are {name}, who may load and no more")
    if lacks or roles.missing(db, (*GROUPS, *readers)):
        return  # reported already
    if missing := "; ".join(step.what for step in roles.missing_rights(db, readers)):
        hint = f"Run `fleetfeed migrate` as a member of {OWNER}; what that may not do it prints for an administrator."
        yield Finding(AREA, "warning", f"`fleetfeed migrate` has rights to grant: {missing}", hint)


def way_to_rights(db: Database, name: str) -> str:
    """Return how a user gets the rights that a run needs."""
    loads = db.one(_IS_LOADER, [LOADER])
    if loads == "may":
        return f"Let an administrator run ALTER ROLE {quoted(name)} INHERIT, and then GRANT {LOADER} TO it once more."
    if loads:
        return f"Run `fleetfeed migrate` as a member of {OWNER}: it gives {LOADER} what that lacks."
    return f"Let an administrator run GRANT {LOADER} TO {quoted(name)}."


def _lacks(db: Database) -> str:
    """Return the loader's rights that the current user lacks, as text."""
    needed = [
        (item.kind, item.oid, item.name, right) for item, rights in roles.rights_of(db, LOADER) for right in rights
    ]
    found = [
        f"{rights} on {name}" for name, rights in db.all(_LACKS, [list(column) for column in zip(*needed, strict=True)])
    ]
    more = f" and more on {len(found) - _SHOWN}" if len(found) > _SHOWN else ""
    return "; ".join(found[:_SHOWN]) + more
