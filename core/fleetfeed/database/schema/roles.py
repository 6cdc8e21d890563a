"""The database roles of the contract, and the grants that `migrate` keeps complete."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import psycopg

from fleetfeed.database.connection import Database
from fleetfeed.database.schema.plan import Step
from fleetfeed.database.schema.rights import EVERYBODY, GROUPS, LOADER, OWNER, SHARED, Object, is_granted, wanted
from fleetfeed.database.schema.tables import quoted
from fleetfeed.errors import ConfigError, DatabaseError
from fleetfeed.states import StepKind

_OBJECTS = """
WITH object (kind, oid, schema, name, owner, acl) AS (
    SELECT 'SCHEMA', oid, nspname, quote_ident(nspname), nspowner, nspacl
    FROM pg_catalog.pg_namespace WHERE nspname = ANY(%s)
    UNION ALL
    SELECT 'DATABASE', oid, '', quote_ident(datname), datdba, coalesce(datacl, acldefault('d', datdba))
    FROM pg_catalog.pg_database WHERE datname = current_database()
    UNION ALL
    SELECT CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, c.oid, nspname, format('%%I.%%I', nspname, relname),
        relowner, relacl
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace
    WHERE nspname IN ('tickets', 'reporting') AND relkind IN ('r', 'v') AND strpos(relname, %s) > 0
    UNION ALL
    SELECT 'ROUTINE', p.oid, nspname, -- a function or an aggregate
        format('%%I.%%I(%%s)', nspname, proname, pg_get_function_identity_arguments(p.oid)),
        proowner, coalesce(proacl, acldefault('f', proowner))
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = pronamespace
    WHERE nspname IN ('tickets', 'reporting') AND prokind IN ('f', 'a') AND strpos(proname, %s) > 0
)
SELECT kind, oid, schema, name, pg_get_userbyid(owner), ARRAY(
    SELECT coalesce(rolname, 'PUBLIC') || ' ' || privilege_type
    FROM aclexplode(acl) LEFT JOIN pg_catalog.pg_roles r ON r.oid = grantee WHERE grantee = 0 OR rolname IS NOT NULL
)
FROM object ORDER BY kind, name
"""
# The roles that have migrated so far; objects that others put into the two schemas stay theirs.
_MAKERS = """
SELECT current_user UNION SELECT pg_get_userbyid(relowner) FROM pg_catalog.pg_class
WHERE oid = to_regclass('tickets.schema_version')
"""
_ROLES = "SELECT rolname FROM pg_catalog.pg_roles WHERE rolname = ANY(%s)"
_IS_MEMBER = "SELECT rolsuper OR pg_has_role(oid, %s, 'MEMBER') FROM pg_catalog.pg_roles WHERE rolname = current_user"
_ONLY_LOADS = """
SELECT rolname FROM pg_catalog.pg_roles me JOIN pg_catalog.pg_class ON relname = 'schema_version'
    AND relnamespace = to_regnamespace('tickets') AND NOT pg_has_role(me.oid, relowner, 'MEMBER')
WHERE rolname = current_user AND NOT rolsuper
    AND EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = %s AND pg_has_role(me.oid, oid, 'MEMBER'))
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = %s AND pg_has_role(me.oid, oid, 'MEMBER'))
"""
# Roles belong to the whole server: `migrate` of another database may create them at the same time.
_CREATE = "DO $$ BEGIN CREATE ROLE {0} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"


class Member(NamedTuple):
    """A role that is to become a member of one of our groups."""

    group: str
    role: str


def check(db: Database, readers: Sequence[str]) -> None:
    """Check that reader_roles exist. Raises ConfigError."""
    if unknown := missing(db, readers):
        raise ConfigError(
            f"[database] reader_roles names {', '.join(unknown)}, which the database server does not have.",
            next_step="Create the role, or correct its name.",
        )


def check_owner(db: Database) -> None:
    """Check that this user is not one that may only load. Raises DatabaseError."""
    # Before the first migration, PostgreSQL itself reports missing rights.
    if user := db.one(_ONLY_LOADS, [LOADER, OWNER]):
        raise DatabaseError(
            f"{user} is a login that loads (a member of {LOADER}): it may not run `migrate`.",
            next_step=f"Run it with the DATABASE_URL of a member of {OWNER}; docs/database.md, «Roles».",
        )


def missing(db: Database, names: Iterable[str]) -> list[str]:
    """Return the names that are not roles of the server."""
    wanted = list(dict.fromkeys(names))
    there = {name for (name,) in db.all(_ROLES, [wanted])}
    return [name for name in wanted if name not in there]


def grant_missing(
    db: Database, readers: Sequence[str], *, dry: bool, members: Sequence[Member] = (), containing: str = ""
) -> list[Step]:
    """Create missing roles, ownership and grants; steps that this user may not do are returned as `by_hand`.

    `members` are the roles that loaded or read the earlier program's tables. `containing`: only on tables, views and
    functions whose name contains this.
    """
    done = []
    for step in [*steps(db, readers, containing), *map(_join, members)]:
        done.append(step if dry or _try(db, step) else replace(step, by_hand=True))
    return done


def expected(db: Database, readers: Sequence[str], members: Sequence[Member] = ()) -> list[Step]:
    """List what `grant_missing` will do, when the objects do not exist yet and cannot be counted."""
    names = ", ".join(dict.fromkeys((*GROUPS, *readers)))
    return [*_roles(db), *map(_join, members), Step(StepKind.GRANT, f"{names} what docs/database.md says")]


def steps(db: Database, readers: Sequence[str], containing: str = "") -> list[Step]:
    """List missing roles, memberships, ownership and grants."""
    found = _roles(db)
    if OWNER in missing(db, (OWNER,)) or not db.one(_IS_MEMBER, [OWNER]):
        found += _membership(db)
    return found + missing_rights(db, readers, containing)


def missing_rights(db: Database, readers: Sequence[str], containing: str = "") -> list[Step]:
    """List missing ownership and grants; does not depend on the current user."""
    objects, makers = _objects(db, containing)
    return [*_ownership(objects, makers), *_rights(objects, readers)]


def rights_of(db: Database, role: str) -> Iterator[tuple[Object, tuple[str, ...]]]:
    """Yield the rights that the contract gives a role, granted or not."""
    return ((item, rights) for item in _objects(db)[0] if (rights := wanted(item, role)))


def _objects(db: Database, containing: str = "") -> tuple[list[Object], set[str]]:
    """Return the objects to grant rights on, without those of others, and the roles that made ours."""
    makers = {OWNER, *(name for (name,) in db.all(_MAKERS))}
    rows = db.all(_OBJECTS, [["tickets", "reporting", db.postgis.strip('"')], containing, containing])
    return [item for item in map(Object._make, rows) if item.kind in SHARED or item.owner in makers], makers


def _roles(db: Database) -> list[Step]:
    return [Step(StepKind.CREATE, f"role {name}", _CREATE.format(name)) for name in missing(db, GROUPS)]


def _join(member: Member) -> Step:
    return Step(StepKind.GRANT, f"{member.group} to {member.role}", f"GRANT {member.group} TO {quoted(member.role)}")


def _membership(db: Database) -> Iterator[Step]:
    """Make the current user a member of the owner role, unless it is a superuser."""
    user, is_super = db.all("SELECT rolname, rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user")[0]
    if not is_super:
        yield Step(StepKind.GRANT, f"{OWNER} to {user}", f"GRANT {OWNER} TO {quoted(user)}")


def _ownership(objects: Iterable[Object], makers: set[str]) -> Iterator[Step]:
    both = [item for item in objects if item.schema in ("tickets", "reporting") and item.owner != OWNER]
    # Schemas first: to own an object, a role needs CREATE on its schema. They are given to the owner role even if
    # others made them, as SECURITY DEFINER functions need them.
    for item in (item for item in both if item.kind == "SCHEMA" and item.owner not in makers):
        yield Step(StepKind.GIVE, f"schema {item.name} to {OWNER}", f"ALTER SCHEMA {item.name} OWNER TO {OWNER}")
    ours = sorted((item for item in both if item.owner in makers), key=lambda item: item.kind != "SCHEMA")
    if ours:
        sql = "; ".join(f"ALTER {item.kind} {item.name} OWNER TO {OWNER}" for item in ours)
        yield Step(StepKind.GIVE, f"{len(ours)} objects of tickets and reporting to {OWNER}", sql)


def _rights(objects: list[Object], readers: Sequence[str]) -> list[Step]:
    taken = [item.name for item in objects if item.kind == "ROUTINE" and f"{EVERYBODY} EXECUTE" in item.rights]
    found = []
    if taken:
        sql = f"REVOKE EXECUTE ON ROUTINE {', '.join(taken)} FROM {EVERYBODY}"
        found.append(Step(StepKind.TAKE, f"{len(taken)} functions of tickets and reporting from everybody", sql))
    for role in (*GROUPS, *dict.fromkeys(readers)):
        grants = [
            f"GRANT {', '.join(rights)} ON {item.grantable} TO {quoted(role)}"
            for item in objects
            if (rights := [right for right in wanted(item, role) if not is_granted(item, role, right)])
        ]
        if grants:
            found.append(Step(StepKind.GRANT, f"{role} what it lacks on {len(grants)} objects", "; ".join(grants)))
    return found


def _try(db: Database, step: Step) -> bool:
    """Apply a step; return False if this user may not, or a role in it does not exist."""
    try:
        with db.transaction():
            db.execute(step.sql)
    except DatabaseError as error:
        if isinstance(error.__cause__, (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedObject)):
            return False
        raise
    return True
