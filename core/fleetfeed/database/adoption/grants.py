"""The grants on replaced objects: read before, granted again after."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from fleetfeed.database.adoption.inventory import Survey
from fleetfeed.database.connection import Database
from fleetfeed.database.schema.plan import Step
from fleetfeed.database.schema.roles import LOADER, OWNER, READER, Member
from fleetfeed.database.schema.tables import quoted
from fleetfeed.states import StepKind

_GRANTS = """
WITH object (kind, oid, schema, name, owner, acl, attribute) AS (
    SELECT 'TABLE', oid, relnamespace, relname, relowner, relacl, NULL
    FROM pg_catalog.pg_class WHERE oid = ANY(%s)
    UNION ALL
    SELECT 'TABLE', c.oid, relnamespace, relname, relowner, attacl, attname
    FROM pg_catalog.pg_attribute JOIN pg_catalog.pg_class c ON c.oid = attrelid
    WHERE c.oid = ANY(%s) AND NOT attisdropped
    UNION ALL
    SELECT 'ROUTINE', oid, pronamespace, proname, proowner, proacl, NULL
    FROM pg_catalog.pg_proc WHERE oid = ANY(%s)
)
SELECT DISTINCT kind, nspname, name, attribute, privilege_type, coalesce(rolname, ''), is_grantable
FROM object CROSS JOIN LATERAL aclexplode(acl) JOIN pg_catalog.pg_namespace n ON n.oid = object.schema
LEFT JOIN pg_catalog.pg_roles r ON r.oid = grantee
WHERE grantee <> owner AND (rolname IS NOT NULL OR grantee = 0)
ORDER BY 1, 2, 3, 4, 5, 6
"""
# PUBLIC may call new functions, so roles with USAGE on the schema needed no grant of their own. In `tickets`, only
# functions that stay count: readers do not call those that are replaced.
_BY_DEFAULT = """
SELECT DISTINCT n.nspname, p.proname, coalesce(r.rolname, ''), p.oid = ANY(%s) FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace CROSS JOIN LATERAL aclexplode(n.nspacl) AS may
LEFT JOIN pg_catalog.pg_roles r ON r.oid = may.grantee
WHERE (n.nspname = 'reporting' OR n.nspname = 'tickets' AND p.oid <> ALL(%s) AND p.prorettype <> 'trigger'::regtype)
    AND may.privilege_type = 'USAGE' AND may.grantee <> n.nspowner AND (p.proacl IS NULL OR EXISTS (
        SELECT FROM aclexplode(p.proacl) AS a WHERE a.grantee = 0 AND a.privilege_type = 'EXECUTE'))
ORDER BY 1, 2, 3
"""
# Loaders owned a feed's table or could insert into it; readers owned the views or functions that readers call.
# Superusers and the current user need no membership.
_MEMBERS = """
WITH member (role, loads) AS (
    SELECT relowner, true FROM pg_catalog.pg_class WHERE oid = ANY(%s)
    UNION SELECT a.grantee, true FROM pg_catalog.pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) AS a
    WHERE c.oid = ANY(%s) AND a.privilege_type = 'INSERT'
    UNION SELECT a.grantee, true FROM pg_catalog.pg_attribute c CROSS JOIN LATERAL aclexplode(c.attacl) AS a
    WHERE c.attrelid = ANY(%s) AND a.privilege_type = 'INSERT'
    UNION SELECT relowner, false FROM pg_catalog.pg_class WHERE oid = ANY(%s)
    UNION SELECT proowner, false FROM pg_catalog.pg_proc
    WHERE oid = ANY(%s) AND pronamespace = to_regnamespace('reporting')
)
SELECT loads, rolname FROM member JOIN pg_catalog.pg_roles r ON r.oid = role
WHERE rolname <> current_user AND rolname <> ALL(%s) AND NOT rolsuper ORDER BY loads DESC, rolname
"""
_SIGNATURES = """
SELECT p.oid::regprocedure::text FROM pg_catalog.pg_proc p WHERE p.pronamespace = to_regnamespace(%s) AND p.proname = %s
"""
_HAS_COLUMN = "SELECT count(*) FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass(%s) AND attname = %s"


class Grant(NamedTuple):
    """One privilege; the role '' is PUBLIC."""

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
        return f"{self.privilege}{what} on {kind}{self.schema}.{self.name} to {self.role or 'PUBLIC'}"


def find(db: Database, survey: Survey) -> tuple[list[Grant], list[str]]:
    """Return the privileges to restore, and the functions that PUBLIC could call and no longer can.

    Privileges on objects that are not replaced are lost. EXECUTE for PUBLIC is not restored; roles that used it and can
    be found get a grant of their own.
    """
    oids, functions = [*survey.relations], [function.oid for function in survey.functions]
    found = [Grant(*row) for row in db.all(_GRANTS, [oids, oids, functions])]
    kept = [item for item in found if f"{item.schema}.{item.name}" in survey.made]
    wanted = dict.fromkeys(item for item in kept if item.role or item.kind == "TABLE")
    by_default = db.all(_BY_DEFAULT, [functions, functions])
    for schema, name, role, goes in by_default:
        if role and (not goes or f"{schema}.{name}" in survey.made):
            wanted.setdefault(Grant("ROUTINE", schema, name, None, "EXECUTE", role, False))
    return list(wanted), sorted({f"{schema}.{name}" for schema, name, role, _ in by_default if not role})


def members(db: Database, survey: Survey) -> list[Member]:
    """List the roles that loaded or read as owners of replaced objects, or loaded by a grant."""
    feeds, views = [table.oid for table in survey.tables if table.feed], [view.oid for view in survey.views]
    functions, groups = [item.oid for item in survey.functions], [OWNER, LOADER, READER]
    rows = db.all(_MEMBERS, [feeds, feeds, feeds, views, functions, groups])
    return [Member(LOADER if loads else READER, role) for loads, role in rows]


def restore(db: Database, grants: list[Grant]) -> Iterator[Step]:
    """Restore grants; yield a step for each that could not be restored, as its column is gone."""
    for item in grants:
        option = " WITH GRANT OPTION" if item.grantable else ""
        role = quoted(item.role) if item.role else "PUBLIC"
        full = f"{quoted(item.schema)}.{quoted(item.name)}"
        if item.column and not db.one(_HAS_COLUMN, [full, item.column]):
            yield Step(StepKind.DROP, f"the privilege {item}: there is no such column any more")
            continue
        column = f" ({quoted(item.column)})" if item.column else ""
        on = [full] if item.kind == "TABLE" else [name for (name,) in db.all(_SIGNATURES, [item.schema, item.name])]
        db.execute(f"GRANT {item.privilege}{column} ON {item.kind} {', '.join(on)} TO {role}{option}")
