"""Objects of others that depend on those to be replaced: most are in the catalogue, some are found by text search."""

from __future__ import annotations

import re

from fleetfeed.database.adoption.inventory import Survey
from fleetfeed.database.connection import Database
from fleetfeed.errors import DatabaseError

# `part`: what belongs to our objects (indexes, row types, own constraints …) and goes with them. `other`: what else
# depends on these. A view depends through its rule; a default is named by its table.
_BUILT_ON = """
WITH RECURSIVE depends (ref_class, ref_id, class, id, is_part) AS MATERIALIZED (
    SELECT refclassid, refobjid, CASE WHEN r.oid IS NULL THEN classid ELSE 'pg_class'::regclass::oid END,
        coalesce(r.ev_class, objid), deptype IN ('a', 'i')
    FROM pg_catalog.pg_depend d
    LEFT JOIN pg_catalog.pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
), part (class, id) AS (
    SELECT * FROM (
        SELECT 'pg_class'::regclass::oid, unnest(%(relations)s::oid[])
        UNION ALL SELECT 'pg_proc'::regclass::oid, unnest(%(functions)s::oid[])
    ) AS ours
    UNION SELECT d.class, d.id FROM part p JOIN depends d ON (ref_class, ref_id) = (p.class, p.id) AND is_part
), other (class, id) AS (
    SELECT d.class, d.id FROM part p JOIN depends d ON (ref_class, ref_id) = (p.class, p.id)
    WHERE (d.class, d.id) NOT IN (SELECT class, id FROM part)
    UNION SELECT d.class, d.id FROM other o JOIN depends d ON (ref_class, ref_id) = (o.class, o.id) AND NOT is_part
), named (class, id) AS (
    SELECT class, id FROM other
    UNION SELECT class, id FROM part
    WHERE class IN ('pg_trigger'::regclass, 'pg_policy'::regclass, 'pg_publication_rel'::regclass)
)
SELECT DISTINCT CASE WHEN a.oid IS NULL THEN pg_describe_object(class, id, 0)
    ELSE pg_describe_object('pg_class'::regclass, a.adrelid, 0) END
FROM named
LEFT JOIN pg_catalog.pg_attrdef a ON class = 'pg_attrdef'::regclass AND a.oid = id
LEFT JOIN pg_catalog.pg_trigger t ON class = 'pg_trigger'::regclass AND t.oid = id
WHERE t.oid IS NULL OR NOT t.tgisinternal AND t.tgfoid <> ALL(%(functions)s::oid[])
UNION ALL
SELECT format('row level security of table %%s', oid::regclass) FROM pg_catalog.pg_class
WHERE oid = ANY(%(relations)s) AND (relrowsecurity OR relforcerowsecurity)
ORDER BY 1
"""
_NAMING = """
SELECT format('%%I.%%I(%%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE p.oid <> ALL(%s) AND replace(p.prosrc, '"', '') ~ %s AND p.prosqlbody IS NULL ORDER BY 1
"""


def refuse_if_built_on(db: Database, survey: Survey) -> None:
    """Check that nothing of others depends on our objects, directly or not. Raises DatabaseError, which names all."""
    ours = {"relations": [*survey.relations], "functions": [item.oid for item in survey.functions]}
    if found := [name for (name,) in db.all(_BUILT_ON, ours)]:
        raise DatabaseError(
            f"Objects of others depend on what adoption replaces: {'; '.join(found)}.",
            next_step="Save the definition of each (pg_dump --schema-only, or pg_get_viewdef), drop it, run `fleetfeed "
            "migrate`, and create it again: the columns of docs/database.md are there then.",
        )


def naming(db: Database, survey: Survey) -> list[str]:
    """List the functions whose text names one of our objects; the catalogue has no dependency for those."""
    names = [*survey.relations.values(), *(item.name for item in survey.functions)]
    pattern = rf"\m({'|'.join(re.escape(name.replace(chr(34), '')) for name in names)})\M"
    return [name for (name,) in db.all(_NAMING, [[item.oid for item in survey.functions], pattern])]
