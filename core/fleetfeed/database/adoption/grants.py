"""The privileges on replaced objects: read before, granted again after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from fleetfeed.database.adoption.inventory import Survey
from fleetfeed.database.connection import Database
from fleetfeed.database.schema.plan import Step, columns_of
from fleetfeed.database.schema.rights import LOADER, OWNER, READER
from fleetfeed.database.schema.roles import Member
from fleetfeed.database.schema.tables import quoted
from fleetfeed.states import StepKind

# Everybody could call the functions so far, so roles with USAGE on the schema needed no grant of their own. `migrate`
# takes EXECUTE from PUBLIC, so they get one, except on what is replaced in `tickets`: readers do not call that.
_GRANTS = """
WITH object (kind, replaced, schema, name, attribute, owner, acl) AS (
    SELECT 'TABLE', true, relnamespace, relname, NULL, relowner, relacl
    FROM pg_catalog.pg_class WHERE oid = ANY(%(relations)s)
    UNION ALL
    SELECT 'TABLE', true, relnamespace, relname, attname, relowner, attacl
    FROM pg_catalog.pg_attribute JOIN pg_catalog.pg_class c ON c.oid = attrelid
    WHERE c.oid = ANY(%(relations)s) AND NOT attisdropped
    UNION ALL
    SELECT 'ROUTINE', oid = ANY(%(functions)s), pronamespace, proname, NULL, proowner,
        coalesce(proacl, acldefault('f', proowner))
    FROM pg_catalog.pg_proc
    WHERE prorettype <> 'trigger'::regtype
        AND pronamespace IN (to_regnamespace('tickets'), to_regnamespace('reporting'))
), may AS (
    SELECT kind, nspname, name, attribute, privilege_type, grantee, is_grantable
    FROM object CROSS JOIN LATERAL aclexplode(acl) JOIN pg_catalog.pg_namespace n ON n.oid = schema
    WHERE replaced AND grantee <> owner AND (kind = 'TABLE' OR grantee <> 0)
    UNION ALL
    SELECT kind, nspname, name, attribute, a.privilege_type, u.grantee, false
    FROM object CROSS JOIN LATERAL aclexplode(acl) AS a
    JOIN pg_catalog.pg_namespace n ON n.oid = schema CROSS JOIN LATERAL aclexplode(nspacl) AS u
    WHERE kind = 'ROUTINE' AND a.grantee = 0 AND (nspname = 'reporting' OR NOT replaced)
        AND u.privilege_type = 'USAGE' AND u.grantee <> nspowner
)
SELECT kind, nspname, name, attribute, privilege_type, coalesce(rolname, 'PUBLIC'), bool_or(is_grantable)
FROM may LEFT JOIN pg_catalog.pg_roles r ON r.oid = grantee WHERE rolname IS NOT NULL OR grantee = 0
GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
"""
# Superusers and the current user need no membership.
_NEED = "SELECT rolname FROM pg_catalog.pg_roles WHERE rolname = ANY(%s) AND rolname <> current_user AND NOT rolsuper"
_SIGNATURES = """
SELECT p.oid::regprocedure::text FROM pg_catalog.pg_proc p WHERE p.pronamespace = to_regnamespace(%s) AND p.proname = %s
"""


class Grant(NamedTuple):
    """One privilege."""

    kind: str
    schema: str
    name: str
    column: str | None
    privilege: str
    role: str
    grantable: bool

    def __str__(self) -> str:
        what = f" ({self.column})" if self.column else ""
        kind = "function " if self.kind == "ROUTINE" else ""
        return f"{self.privilege}{what} on {kind}{self.schema}.{self.name} to {self.role}"

    @property
    def is_lost(self) -> bool:
        """Whether everybody could call a function, and no longer can."""
        return self.kind == "ROUTINE" and self.role == "PUBLIC"

    @property
    def step(self) -> Step:
        """What becomes of it."""
        if not self.is_lost:
            return Step(StepKind.GRANT, f"{self}, as before")
        about = f"that not everybody can call {self.schema}.{self.name} any more: name who reads in"
        return Step(StepKind.NOTE, f"{about} [database] reader_roles")


def find(db: Database, survey: Survey) -> list[Grant]:
    """List the privileges to restore, and those that are lost."""
    values = {"relations": [*survey.relations], "functions": [item.oid for item in survey.functions]}
    return [Grant(*row) for row in db.all(_GRANTS, values)]


def members(db: Database, survey: Survey) -> list[Member]:
    """List the roles that loaded (owners of a feed's table, or with INSERT) or read (owners of what readers call)."""
    feeds = {table.name: table.owner for table in survey.tables if table.feed}
    loaders = {item.role for item in find(db, survey) if item.privilege == "INSERT" and item.name in feeds}
    called = [*survey.views, *(item for item in survey.functions if item.name.startswith("reporting."))]
    roles = {LOADER: loaders | {*feeds.values()}, READER: {item.owner for item in called}}
    groups = {OWNER, LOADER, READER}
    return [
        Member(group, role)
        for group, names in roles.items()
        for (role,) in db.all(f"{_NEED} ORDER BY 1", [sorted(names - groups)])
    ]


def restore(db: Database, grants: Iterable[Grant]) -> Iterator[Step]:
    """Restore grants; yield a step for each that could not be restored, as its column is gone."""
    for item in grants:
        full = f"{quoted(item.schema)}.{quoted(item.name)}"
        if item.column and item.column not in columns_of(db, full):
            yield Step(StepKind.DROP, f"the privilege {item}: there is no such column any more")
        elif not item.is_lost:
            column = f" ({quoted(item.column)})" if item.column else ""
            on = [full] if item.kind == "TABLE" else [name for (name,) in db.all(_SIGNATURES, [item.schema, item.name])]
            role = item.role if item.role == "PUBLIC" else quoted(item.role)
            option = " WITH GRANT OPTION" if item.grantable else ""
            db.execute(f"GRANT {item.privilege}{column} ON {item.kind} {', '.join(on)} TO {role}{option}")
