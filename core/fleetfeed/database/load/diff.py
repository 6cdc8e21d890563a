"""Compares staged tickets with the feed's table: new, changed, unchanged; and which fields change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from fleetfeed.database.connection import Database
from fleetfeed.database.load.copy_text import ESCAPES
from fleetfeed.database.schema.tables import closed, literal, quoted, table, winner_time
from fleetfeed.feed import Feed, Moment

_INCOMING = """
CREATE TEMP TABLE incoming (number bigint, ticket_id text, raw {raw}, source_digest uuid, location_key text)
ON COMMIT DROP
"""
_DIFF = """
CREATE TEMP TABLE diff (ticket_id text, number bigint, differs boolean, respelt boolean, was_absent boolean,
    changed jsonb, bookkeeping text[])
ON COMMIT DROP
"""
_LISTED = "NOT {} AND absent_since IS NULL"


class DiffCounts(NamedTuple):
    """Numbers of staged tickets, compared with the table."""

    new: int
    changed: int
    unchanged: int
    respelt: int  # unchanged, but digest, place or presence has to be written
    returned: int


def write_known_tickets(db: Database, feed: Feed, path: Path, *, digests: bool) -> None:
    """Write the table's tickets as CSV: ticket_id, digest, whether open, whether absent.

    With a header: U+FEFF at the beginning of the file would be read as a BOM, and is a part of a key elsewhere.
    """
    digest = "source_digest" if digests else "NULL::uuid"
    sql = f"SELECT ticket_id, {digest}, NOT {closed(feed)}, absent_since IS NOT NULL FROM {table(feed)}"
    with path.open("wb") as file, db.copy(f"COPY ({sql}) TO STDOUT (FORMAT csv, HEADER)") as copy:
        for block in copy:
            file.write(block)


def known_tickets(db: Database, feed: Feed, digests: Mapping[str, str]) -> dict[str, bool]:
    """Return those of the tickets that have this digest in the table, each with whether it is absent."""
    if not digests:
        return {}
    asked = [list(digests), list(digests.values())]
    return dict(
        db.all(
            "SELECT ticket_id, absent_since IS NOT NULL FROM unnest(%s::text[], %s::uuid[]) AS asked (key, digest) "
            f"JOIN {table(feed)} ON ticket_id = ANY (ARRAY[key]) AND source_digest = digest",
            asked,
        )
    )


def open_tickets(db: Database, feed: Feed, keys: Sequence[str]) -> list[str]:
    """Return those of the tickets that are open and not absent, sorted."""
    if not keys:
        return []
    sql = f"SELECT ticket_id FROM {table(feed)} WHERE ticket_id = ANY (%s) AND {_LISTED.format(closed(feed))}"
    return sorted(key for (key,) in db.all(sql, [list(keys)]))


def count_open(db: Database, feed: Feed) -> int:
    """Count the tickets that are open and not absent."""
    return int(db.one(f"SELECT count(*) FROM {table(feed)} WHERE {_LISTED.format(closed(feed))}"))


def begin(db: Database) -> None:
    """Create the temporary tables for staging and comparing blocks."""
    create_incoming(db, "jsonb")
    db.execute(_DIFF)


def create_incoming(db: Database, raw: str) -> None:
    """Create the temporary table for staging, with `raw` of this type."""
    db.execute(_INCOMING.format(raw=raw))


def stage(db: Database, text: str) -> None:
    """COPY lines of tickets."""
    with db.copy("COPY incoming (number, ticket_id, raw, source_digest, location_key) FROM STDIN") as copy:
        copy.write(text)


def empty(db: Database) -> None:
    """Empty the temporary tables for the next block."""
    db.execute("TRUNCATE incoming, diff")


def drop_superseded(db: Database, feed: Feed) -> int:
    """Keep the winner of staged tickets with the same key; return the number dropped."""
    times = {column.name: winner_time(column) for column in feed.columns if isinstance(column, Moment)}
    order = ", ".join([*(f"{times[name]} DESC NULLS LAST" for name in feed.winner), "number DESC"])
    return db.execute(
        "DELETE FROM incoming WHERE number IN (SELECT number FROM (SELECT number, row_number() OVER "
        f"(PARTITION BY ticket_id ORDER BY {order}) AS place FROM incoming) AS ranked WHERE place > 1)"
    ).rowcount


def drop_older(db: Database, feed: Feed) -> int:
    """Drop staged tickets whose row is newer by the feed's `winner` times; return their number."""
    times = ", ".join(f"coalesce({winner_time(column)}, '-infinity')" for column in feed.winners)
    times = f"SELECT ARRAY[{times}]::timestamptz[] AS times"
    return db.execute(
        "DELETE FROM incoming WHERE number IN ("
        f"SELECT i.number FROM incoming AS i JOIN {table(feed)} AS t ON t.ticket_id = ANY (ARRAY[i.ticket_id]), "
        f"LATERAL ({times} FROM (VALUES (t.raw)) AS x (raw)) AS a, "
        f"LATERAL ({times} FROM (VALUES (i.raw)) AS x (raw)) AS b WHERE b.times < a.times)"
    ).rowcount


def compare(db: Database, feed: Feed) -> DiffCounts:
    """Compare staged tickets with their rows by `raw`, and find the changed fields.

    If only bookkeeping columns change, `changed` is null: the ticket is updated without an event.
    """
    names = ", ".join(map(literal, feed.bookkeeping))
    ignored = f"ARRAY[{names}]::text[]"
    bookkeeping = ", ".join(
        f"CASE WHEN t.raw -> {literal(n)} IS DISTINCT FROM i.raw -> {literal(n)} THEN {literal(n)} END"
        for n in feed.bookkeeping
    )
    # ANY(ARRAY[…]) instead of `=` rules out hash and merge joins, so each row costs one index lookup. Without
    # statistics on the temporary table, the planner would read the whole feed table for every block.
    db.execute(
        "INSERT INTO diff SELECT i.ticket_id, i.number, differs, "
        "(t.source_digest, t.location_key) IS DISTINCT FROM (i.source_digest, i.location_key), "
        "t.absent_since IS NOT NULL, "
        f"CASE WHEN differs AND t.raw - {ignored} <> i.raw - {ignored} THEN ("
        "SELECT jsonb_object_agg(name, jsonb_build_array(t.raw -> name, i.raw -> name)) "
        f"FROM jsonb_object_keys((t.raw || i.raw) - {ignored}) AS name "
        "WHERE t.raw -> name IS DISTINCT FROM i.raw -> name) END, "
        f"CASE WHEN differs THEN array_remove(ARRAY[{bookkeeping}]::text[], NULL) END "
        f"FROM incoming AS i JOIN {table(feed)} AS t ON t.ticket_id = ANY (ARRAY[i.ticket_id]), "
        "LATERAL (SELECT t.raw <> i.raw AS differs) AS d"
    )
    counts = db.all(
        "SELECT (SELECT count(*) FROM incoming) - count(*), "
        "count(*) FILTER (WHERE differs), count(*) FILTER (WHERE NOT differs), "
        "count(*) FILTER (WHERE NOT differs AND (respelt OR was_absent)), count(*) FILTER (WHERE was_absent) FROM diff"
    )
    return DiffCounts(*counts[0])


def is_empty(db: Database, feed: Feed) -> bool:
    """Whether the feed's table has no ticket yet."""
    return not db.one(f"SELECT EXISTS (SELECT FROM {table(feed)})")


def stored_statuses(db: Database, feed: Feed) -> set[str]:
    """Return the statuses in the table, as `closed` compares them."""
    status = quoted(feed.roles.status)
    return {word for (word,) in db.all(f"SELECT DISTINCT {status} FROM {table(feed)} WHERE {status} IS NOT NULL")}


def statuses(db: Database, feed: Feed) -> list[tuple[str, int, int]]:
    """Return each status of staged tickets, with their number and how many have a closing time."""
    status = literal(feed.roles.status)
    is_timed = f"raw ? {literal(feed.roles.closed)}" if feed.roles.closed else "false"
    return db.all(
        f"SELECT raw ->> {status}, count(*), count(*) FILTER (WHERE {is_timed}) FROM incoming "
        f"WHERE raw ? {status} GROUP BY 1 ORDER BY 1"
    )


def fields(db: Database) -> dict[str, int]:
    """Return, per column, the number of tickets in which it changes."""
    return dict(
        db.all(
            "SELECT name, count(*) FROM (SELECT jsonb_object_keys(changed) AS name FROM diff "
            "UNION ALL SELECT unnest(bookkeeping) FROM diff) AS names GROUP BY 1 ORDER BY 2 DESC, 1"
        )
    )


def examples(db: Database) -> tuple[tuple[str, str, str | None, str | None], ...]:
    """Return a few changes: ticket, column, old, new."""
    few = "SELECT * FROM diff WHERE changed IS NOT NULL ORDER BY number LIMIT 5"
    return tuple(
        db.all(
            f"SELECT ticket_id, name, value ->> 0, value ->> 1 FROM ({few}) AS few, "
            "jsonb_each(changed) AS c (name, value) ORDER BY number, name LIMIT 8"
        )
    )


def create_key_table(db: Database, name: str, keys: Iterable[str]) -> None:
    """Put keys into a new temporary table."""
    db.execute(f"CREATE TEMP TABLE {quoted(name)} (ticket_id text) ON COMMIT DROP")
    with db.copy(f"COPY {quoted(name)} FROM STDIN") as copy:
        copy.write("".join(key.translate(ESCAPES) + "\n" for key in keys))
