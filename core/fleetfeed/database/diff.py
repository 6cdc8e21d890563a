"""The upsert in SQL: what is staged against what the feed's table holds. Writes follow change."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

from fleetfeed.database import tables
from fleetfeed.database.connection import Database
from fleetfeed.database.tables import closed, literal, moment, quoted, table
from fleetfeed.feed import Feed, Moment
from fleetfeed.model import Ticket

_BLOCK = 2_000
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
_STAGE = """
CREATE TEMP TABLE incoming (number bigint, ticket_id text, raw jsonb, source_digest uuid, location_key text)
ON COMMIT DROP
"""


def known_to(db: Database, feed: Feed, path: Path, *, digests: bool) -> None:
    """Write what the table holds as CSV: ticket_id, digest, whether it is open, and absent."""
    digest = "source_digest" if digests else "NULL::uuid"
    sql = f"SELECT ticket_id, {digest}, NOT {closed(feed)}, absent_since IS NOT NULL FROM {table(feed)}"
    with path.open("wb") as file, db.copy(f"COPY ({sql}) TO STDOUT (FORMAT csv)") as copy:
        for block in copy:
            file.write(block)


def stage(db: Database, tickets: Iterable[Ticket]) -> tuple[int, bool]:
    """COPY tickets into a temporary table, in blocks; tell how many, and whether a key changed in normalising."""
    db.execute(_STAGE)
    count, renamed = 0, False
    columns = "number, ticket_id, raw, source_digest, location_key"
    with db.copy(f"COPY incoming ({columns}) FROM STDIN") as copy:
        block: list[str] = []
        for ticket in tickets:
            row, place = ticket.row, ticket.location_key
            raw = orjson.dumps(ticket.raw).decode().replace("\\", r"\\")
            block.append(
                f"{row.number}\t{ticket.key.translate(_ESCAPES)}\t{raw}\t{row.digest}\t"
                f"{place.translate(_ESCAPES) if place else chr(92) + 'N'}\n"
            )
            renamed = renamed or ticket.key != row.key
            count += 1
            if len(block) == _BLOCK:
                copy.write("".join(block))
                block.clear()
        copy.write("".join(block))
    return count, renamed


def drop_superseded(db: Database, feed: Feed) -> int:
    """Of staged tickets with one key keep the winner; count the others."""
    times = {column.name: moment(column) for column in feed.columns if isinstance(column, Moment)}
    order = ", ".join([*(f"{times[name]} DESC NULLS LAST" for name in feed.winner), "number DESC"])
    return db.execute(
        "DELETE FROM incoming WHERE number IN (SELECT number FROM (SELECT number, row_number() OVER "
        f"(PARTITION BY ticket_id ORDER BY {order}) AS place FROM incoming) AS ranked WHERE place > 1)"
    ).rowcount


def compare(db: Database, feed: Feed) -> int:
    """Compare what is staged with what is there, by `raw`; count what is equal."""
    # Equal rows leave their documents behind: only changed ones are worth the space.
    db.execute(
        "CREATE TEMP TABLE diff ON COMMIT DROP AS SELECT i.number, i.ticket_id, differs, "
        "(t.source_digest, t.location_key) IS DISTINCT FROM (i.source_digest, i.location_key) AS respelt, "
        "t.absent_since IS NOT NULL AS was_absent, "
        "CASE WHEN differs THEN t.raw END AS before, CASE WHEN differs THEN i.raw END AS after "
        f"FROM incoming AS i JOIN {table(feed)} AS t USING (ticket_id), LATERAL (SELECT t.raw <> i.raw AS differs) AS d"
    )
    return int(db.one("SELECT count(*) FROM diff WHERE NOT differs"))


_IS_NEW = "NOT EXISTS (SELECT FROM diff WHERE diff.number = i.number)"
_COLUMNS = "ticket_id, raw, source_digest, location_key, run_id"


def insert(db: Database, feed: Feed, run_id: int, observed: Any) -> int:
    """Insert the new tickets, and say so in the change log."""
    log_kind(db, feed, run_id, observed, "inserted", f"incoming AS i WHERE {_IS_NEW}")
    return db.execute(
        f"INSERT INTO {table(feed)} ({_COLUMNS}) SELECT i.ticket_id, i.raw, i.source_digest, i.location_key, "
        f"{run_id:d} FROM incoming AS i WHERE {_IS_NEW}"
    ).rowcount


def update(db: Database, feed: Feed, run_id: int, observed: Any) -> int:
    """Update the changed tickets and log their changes; an equal one in another spelling only gets its new digest."""
    db.execute(
        "INSERT INTO tickets.ticket_changes (feed, ticket_id, run_id, observed_at, kind, changed) "
        "SELECT %s, ticket_id, %s, %s, 'updated', changed FROM changed ORDER BY number",
        [feed.name, run_id, observed],
    )
    written = db.execute(
        f"UPDATE {table(feed)} AS t SET raw = i.raw, source_digest = i.source_digest, location_key = i.location_key, "
        f"run_id = {run_id:d}, ingested_at = now(), absent_since = NULL "
        "FROM incoming AS i JOIN diff USING (number) WHERE t.ticket_id = i.ticket_id AND differs"
    ).rowcount
    db.execute(
        f"UPDATE {table(feed)} AS t SET source_digest = i.source_digest, location_key = i.location_key "
        "FROM incoming AS i JOIN diff USING (number) "
        "WHERE t.ticket_id = i.ticket_id AND NOT differs AND respelt"
    )
    return written


def write_to_shape(db: Database, feed: Feed) -> tuple[int, int]:
    """Make the temporary table `shape` of the new and changed tickets, for a dry run; count both."""
    db.execute(tables.create_table(feed, db.postgis, "shape"))
    db.execute(tables.create_trigger(feed, "shape"))
    db.execute(
        f"INSERT INTO shape ({_COLUMNS}) SELECT i.ticket_id, i.raw, i.source_digest, i.location_key, NULL "
        f"FROM incoming AS i LEFT JOIN diff USING (number) WHERE differs IS NOT false"
    )
    inserted = db.one(f"SELECT count(*) FROM incoming AS i WHERE {_IS_NEW}")
    return inserted, db.one("SELECT count(*) FROM shape") - inserted


def find_changes(db: Database, feed: Feed) -> tuple[dict[str, int], list[tuple[str, str, str | None, str | None]]]:
    """Work out which columns change in which tickets; count them, and give a few examples.

    Bookkeeping columns are counted but make no event: a ticket in which only they change has no row in `changed`.
    """
    aside = "ARRAY[" + ", ".join(map(literal, feed.bookkeeping)) + "]::text[]"
    db.execute(
        "CREATE TEMP TABLE changed ON COMMIT DROP AS SELECT number, ticket_id, changed FROM diff, LATERAL ("
        "SELECT jsonb_object_agg(name, jsonb_build_array(before -> name, after -> name)) AS changed "
        f"FROM jsonb_object_keys((before || after) - {aside}) AS name "
        "WHERE before -> name IS DISTINCT FROM after -> name) AS c "
        f"WHERE differs AND before - {aside} <> after - {aside}"
    )
    fields = dict(
        db.all("SELECT name, count(*) FROM changed, jsonb_object_keys(changed) AS name GROUP BY 1 ORDER BY 2 DESC, 1")
    )
    kept = [
        f"count(*) FILTER (WHERE before -> {literal(n)} IS DISTINCT FROM after -> {literal(n)})"
        for n in feed.bookkeeping
    ]
    counts = db.all(f"SELECT {', '.join(kept)} FROM diff WHERE differs")[0] if kept else ()
    fields |= {name: count for name, count in zip(feed.bookkeeping, counts, strict=True) if count}
    examples = db.all(
        "SELECT ticket_id, name, value ->> 0, value ->> 1 FROM (SELECT * FROM changed ORDER BY number LIMIT 5) AS few, "
        "jsonb_each(changed) AS c (name, value) ORDER BY number, name LIMIT 8"
    )
    return fields, examples


def unreadable(db: Database, feed: Feed, source: str) -> dict[str, int]:
    """Count, per column, the cells of the rows written that are not of their column's type."""
    checks = list(tables.checked_columns(feed))
    counts = ", ".join(f"count(*) FILTER (WHERE {missing} AND raw ? {literal(name)})" for name, missing in checks)
    written = (
        "ticket_id IN (SELECT i.ticket_id FROM incoming AS i LEFT JOIN diff USING (number) WHERE differs IS NOT false)"
    )
    row = db.all(f"SELECT {counts} FROM {source} WHERE {written}")[0]
    return {name: count for (name, _), count in zip(checks, row, strict=True) if count}


def were_absent(db: Database) -> list[str]:
    """List the staged tickets that are absent until now."""
    return [key for (key,) in db.all("SELECT ticket_id FROM diff WHERE was_absent ORDER BY number")]


def mark_keys(db: Database, name: str, keys: Iterable[str]) -> int:
    """Put keys into a temporary table of this name."""
    db.execute(f"CREATE TEMP TABLE {quoted(name)} (ticket_id text) ON COMMIT DROP")
    count = 0
    with db.copy(f"COPY {quoted(name)} FROM STDIN") as copy:
        for count, key in enumerate(keys, 1):  # noqa: B007 (the count is the answer)
            copy.write(key.translate(_ESCAPES) + "\n")
    return count


def set_absent(db: Database, feed: Feed, run_id: int, observed: Any) -> None:
    """Mark the vanished tickets absent, and those that are back present."""
    for kind, source, value in (("absent", "vanished", "%s"), ("returned", "back", "NULL")):
        log_kind(db, feed, run_id, observed, kind, f"{source} AS i")
        db.execute(
            f"UPDATE {table(feed)} AS t SET absent_since = {value} FROM {source} AS i WHERE t.ticket_id = i.ticket_id",
            [observed] if kind == "absent" else None,
        )


def log_kind(db: Database, feed: Feed, run_id: int, observed: Any, kind: str, source: str) -> None:
    """Write one change per ticket of a source."""
    db.execute(
        "INSERT INTO tickets.ticket_changes (feed, ticket_id, run_id, observed_at, kind) "
        f"SELECT %s, i.ticket_id, %s, %s, %s FROM {source}",
        [feed.name, run_id, observed, kind],
    )
