"""Objects of others that depend on those to be replaced: most are in the catalogue, some are found by text search."""

from __future__ import annotations

import re

from fleetfeed.database.adoption.inventory import Survey
from fleetfeed.database.connection import Database

# What depends on a relation, its row type or a function, as a user would name it: the view of a rule, the table of a
# default. Without indexes, constraints, defaults and sequences of the old tables themselves.
_DEPENDENTS = """
WITH given (class, id) AS (
    SELECT 'pg_class'::regclass, oid FROM unnest(%s::oid[]) AS oid
    UNION ALL SELECT 'pg_proc'::regclass, oid FROM unnest(%s::oid[]) AS oid
), referred (class, id) AS (
    SELECT class, id FROM given
    UNION ALL SELECT 'pg_type'::regclass, t.oid FROM pg_catalog.pg_type t JOIN given ON class = 'pg_class'::regclass
        AND (t.typrelid = id OR t.typelem IN (SELECT oid FROM pg_catalog.pg_type WHERE typrelid = id))
    UNION ALL SELECT 'pg_class'::regclass, s.objid FROM pg_catalog.pg_depend s JOIN given ON s.refobjid = id
        AND class = 'pg_class'::regclass AND s.classid = class AND s.deptype IN ('a', 'i')
), found AS (
    SELECT d.classid, d.objid, d.objsubid, coalesce(r.ev_class, a.adrelid, nullif(c.conrelid, 0), t.tgrelid, i.indrelid)
        AS relation, t.tgfoid
    FROM pg_catalog.pg_depend d JOIN referred ON (d.refclassid, d.refobjid) = (class, id)
    LEFT JOIN pg_catalog.pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
    LEFT JOIN pg_catalog.pg_attrdef a ON d.classid = 'pg_attrdef'::regclass AND a.oid = d.objid
    LEFT JOIN pg_catalog.pg_constraint c ON d.classid = 'pg_constraint'::regclass AND c.oid = d.objid
    LEFT JOIN pg_catalog.pg_trigger t ON d.classid = 'pg_trigger'::regclass AND t.oid = d.objid
    LEFT JOIN pg_catalog.pg_index i ON d.classid = 'pg_class'::regclass AND i.indexrelid = d.objid
)
SELECT DISTINCT f.classid::regclass::text, f.objid,
    CASE WHEN f.classid IN ('pg_rewrite'::regclass, 'pg_attrdef'::regclass)
        THEN pg_describe_object('pg_class'::regclass, relation, 0)
        ELSE pg_describe_object(f.classid, f.objid, 0) END,
    CASE WHEN f.classid = 'pg_rewrite'::regclass THEN relation END
FROM found f
WHERE NOT EXISTS (SELECT FROM referred WHERE (class, id) = (f.classid, f.objid))
    AND (relation IS NULL OR relation <> ALL(%s::oid[])
        OR f.classid = 'pg_trigger'::regclass AND f.tgfoid <> ALL(%s::oid[]))
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = relation AND (
        c.relnamespace = to_regnamespace('pg_toast') OR c.relnamespace = to_regnamespace('tickets')
            AND f.classid = 'pg_trigger'::regclass AND f.tgfoid = ANY(%s::oid[])))
ORDER BY 3
"""
# Constraints and comments of the old tables, which are not restored.
_BELONGINGS = """
SELECT format('constraint %%I on %%s: %%s', k.conname, k.conrelid::regclass, pg_get_constraintdef(k.oid))
FROM pg_catalog.pg_constraint k WHERE k.conrelid = ANY(%s) AND k.contype IN ('c', 'f', 'u', 'x')
UNION ALL
SELECT format('comment on %%s: %%s', pg_describe_object(d.classoid, d.objoid, d.objsubid), d.description)
FROM pg_catalog.pg_description d
WHERE d.classoid = 'pg_class'::regclass AND d.objoid = ANY(%s)
    OR d.classoid = 'pg_proc'::regclass AND d.objoid = ANY(%s)
ORDER BY 1
"""
# Row level security would be lost, so adoption is refused.
_SECURED = """
SELECT format('row level security of table %%s', oid::regclass) FROM pg_catalog.pg_class
WHERE oid = ANY(%s) AND (relrowsecurity OR relforcerowsecurity) ORDER BY 1
"""
_SOURCES = """
SELECT format('%%I.%%I(%%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)), p.prosrc
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language l ON l.oid = p.prolang
WHERE l.lanname NOT IN ('c', 'internal') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND p.oid <> ALL(%s) AND p.prosqlbody IS NULL AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend e WHERE (e.classid, e.objid, e.deptype) = ('pg_proc'::regclass, p.oid, 'e'))
ORDER BY 1
"""


def built_on(db: Database, survey: Survey) -> list[str]:
    """List the objects of others that depend on ours, directly or not, and tables with row level security."""
    relations, functions = [*survey.relations], [item.oid for item in survey.functions]
    ours, ours_functions = [*relations], [*functions]
    found: dict[str, None] = {}
    while relations or functions:
        rows = db.all(_DEPENDENTS, [relations, functions, ours, ours_functions, ours_functions])
        new = [row for row in rows if row[2] not in found]
        found |= dict.fromkeys(row[2] for row in new)
        relations = [row[3] for row in new if row[3]]
        functions = [row[1] for row in new if row[0] == "pg_proc"]
    return [*found, *(text for (text,) in db.all(_SECURED, [ours]))]


def belongings(db: Database, survey: Survey) -> list[str]:
    """List the constraints and comments that will be dropped with the old objects."""
    relations, functions = [*survey.relations], [item.oid for item in survey.functions]
    return [text for (text,) in db.all(_BELONGINGS, [relations, relations, functions])]


def naming(db: Database, survey: Survey) -> list[str]:
    """List the functions whose source names one of our objects; the catalogue has no dependency for those."""
    ours = [*(item.oid for item in survey.functions)]
    names = {f"{item.schema}.{item.name}" for item in survey.functions} | {
        name.replace('"', "") for name in survey.relations.values()
    }
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, sorted(names))) + r")\b")
    return [name for name, source in db.all(_SOURCES, [ours]) if pattern.search(source.replace('"', ""))]
