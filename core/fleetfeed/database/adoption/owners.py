"""Finds the feed of rows that name none: by the table that has the ticket, or by the export's key."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from fleetfeed.database.connection import Database
from fleetfeed.database.schema.tables import literal, quoted
from fleetfeed.errors import DatabaseError

# Filled by find_holders(): the feeds whose table has a ticket.
JOIN = "LEFT JOIN pg_temp.ticket_feeds AS f ON f.ticket_id = o.ticket_id::text"
# The earlier program's ticket tables, including those of undeclared feeds.
_TICKET_TABLES = """
SELECT c.relname::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = to_regnamespace('tickets') AND c.relkind = 'r' AND a.attname IN ('ticket_id', 'raw')
    AND NOT a.attisdropped
GROUP BY c.oid HAVING count(*) = 2 ORDER BY 1
"""
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Owners:
    """How to find the feed of a row that names none."""

    adopt_as: str | None = None  # --adopt-as: the feed of rows that cannot be assigned otherwise
    prefixes: Mapping[str, str] = field(default_factory=dict)  # feed → prefix of its exports' keys
    tables: Collection[str] = ()  # names of ticket tables, which equal those of their feeds
    filled: Collection[str] = ()  # those of them that have tickets

    def of_ticket(self, named: str | None) -> str:
        """Return the SQL of the feed of a row about one ticket."""
        own = f"nullif({named}, '')" if named else None
        return self._first(own, "CASE WHEN cardinality(f.feeds) = 1 THEN f.feeds[1] END")

    def of_export(self, named: str | None, metadata: str) -> str:
        """Return the SQL of the feed of a row about the last export."""
        known = ", ".join(map(literal, sorted({*self.tables, *self.prefixes})))
        own = f"CASE WHEN {named} IN ({known}) THEN {named} END" if named and known else None
        only = literal(*self.filled) if len(self.filled) == 1 else None
        return self._first(own, self._by_key(f"({metadata} ->> 'source_key')"), only)

    def _by_key(self, key: str) -> str | None:
        """Match an export's key with the prefixes of the feeds, the longest first."""
        prefixes = sorted(self.prefixes.items(), key=lambda item: (-len(item[1]), item[0]))
        whens = [
            f"WHEN starts_with({key}, {literal(prefix)}) THEN {literal(feed)}"
            for feed, prefix in prefixes
            if prefix and [*self.prefixes.values()].count(prefix) == 1
        ]
        return f"CASE {' '.join(whens)} END" if whens else None

    def _first(self, *found: str | None) -> str:
        answers = [*filter(None, found), literal(self.adopt_as) if self.adopt_as else "NULL"]
        return f"coalesce({', '.join(answers)})"


def look_at_tables(db: Database, owners: Owners) -> Owners:
    """Return `owners` with the earlier program's ticket tables."""
    names = [name for (name,) in db.all(_TICKET_TABLES)]
    filled = [name for name in names if db.one(f"SELECT EXISTS (SELECT FROM tickets.{quoted(name)})")]
    return replace(owners, tables=tuple(names), filled=tuple(filled))


def find_holders(db: Database, names: Iterable[str], moved: Collection[str], schema: str) -> None:
    """Fill `ticket_feeds`; the tables in `moved` are in `schema`."""
    db.execute("CREATE TEMP TABLE ticket_feeds (ticket_id text PRIMARY KEY, feeds text[] NOT NULL) ON COMMIT DROP")
    selects = [
        f"SELECT ticket_id::text, {literal(name)}::text AS feed "
        f"FROM {schema if name in moved else 'tickets'}.{quoted(name)} WHERE ticket_id IS NOT NULL"
        for name in names
    ]
    if selects:
        db.execute(
            "INSERT INTO pg_temp.ticket_feeds SELECT ticket_id, array_agg(DISTINCT feed ORDER BY feed) "
            f"FROM ({' UNION ALL '.join(selects)}) AS t GROUP BY 1"
        )
    db.execute("ANALYZE pg_temp.ticket_feeds")


def refuse_unowned(db: Database, name: str, feed: str, join: str, schema: str) -> None:
    """Check that the feed of every row is known. Raises DatabaseError with the number of other rows."""
    if join != JOIN:
        unowned = db.one(f"SELECT count(*) FROM {schema}.{quoted(name)} AS o WHERE ({feed}) IS NULL")
        problem = f"{_rows(unowned)} of tickets.{name} name no feed, and their source_key lies in no feed's source"
    else:
        several = "cardinality(f.feeds) > 1"
        unowned, many, some = db.all(
            f"SELECT count(*), count(*) FILTER (WHERE {several}), (array_agg(DISTINCT o.ticket_id::text))[:{_SHOWN}] "
            f"FROM {schema}.{quoted(name)} AS o {join} WHERE ({feed}) IS NULL"
        )[0]
        problem = (
            f"{_rows(unowned)} of tickets.{name} name no feed: the ticket of {unowned - many:,} is in no feed's table, "
            f"that of {many:,} in several ({', '.join(map(str, some or ()))}{', …' * (unowned > _SHOWN)})"
        )
    if unowned:
        raise DatabaseError(
            f"{problem}. Adoption does not guess.",
            next_step="Run `fleetfeed migrate --plan --adopt-as FEED` to give all of these to one feed, or correct or "
            "delete the rows first.",
        )


def _rows(count: int) -> str:
    return f"{count:,} row{'s' * (count != 1)}"
