"""Names and types that other programs read: exactly those of the contract."""

from __future__ import annotations

import pytest

from fleetfeed.database import Database
from tests.kit import FEED

_TEXT = "text"
_TIME = "timestamp with time zone"
_POINT = "public.geometry(Point,4326)"
_PLACE = {
    "query": _TEXT,
    "geom": _POINT,
    "latitude": "double precision",
    "longitude": "double precision",
    "status": _TEXT,
    "precision": _TEXT,
    "provider": _TEXT,
    "display_name": _TEXT,
    "attempts": "integer",
    "fetched_at": _TIME,
    "expires_at": _TIME,
    "next_try_at": _TIME,
    "note": _TEXT,
}
TABLES: dict[str, dict[str, str]] = {
    "inc": {
        "ticket_id": _TEXT,
        "raw": "jsonb",
        **dict.fromkeys(("raw_status", "normalized_status", "bucket"), _TEXT),
        "is_actionable": "boolean",
        **dict.fromkeys(("cluster", "region", "location_name", "assigned_team", "owner", "sla_status"), _TEXT),
        "mttr": "integer",
        **dict.fromkeys(("created_at_service", "scheduled_at", "closed_at", "first_seen_at", "last_seen_at"), _TIME),
        **dict.fromkeys(("source_created_at", "source_updated_at"), _TIME),
        "geom": _POINT,
        "geo_source": _TEXT,
        "geo_precision": _TEXT,
        "latitude": "double precision",
        "longitude": "double precision",
        "geog": "public.geography(Point,4326)",
        "absent_since": _TIME,
        "ingested_at": _TIME,
        "source_digest": "uuid",
        "location_key": _TEXT,
        "run_id": "bigint",
    },
    "geo_clusters": {"cluster": _TEXT, **_PLACE},
    "geo_locations": {"cluster": _TEXT, "location_key": _TEXT, **_PLACE},
    "import_meta": {"feed": _TEXT, "metadata": "jsonb", "updated_at": _TIME},
    "import_runs": {
        "run_id": "bigint",
        "feed": _TEXT,
        "started_at": _TIME,
        "finished_at": _TIME,
        **dict.fromkeys(("outcome", "source_key", "source_etag"), _TEXT),
        "source_last_modified": _TIME,
        "counts": "jsonb",
        "timings": "jsonb",
        **dict.fromkeys(("error", "host", "version", "source_sha256", "rules"), _TEXT),
    },
    "exports": {
        **dict.fromkeys(("feed", "key", "etag"), _TEXT),
        "size": "bigint",
        "last_modified": _TIME,
        "sha256": _TEXT,
        "first_seen_at": _TIME,
        "state": _TEXT,
        "archived_key": _TEXT,
        "run_id": "bigint",
    },
    "rejects": {
        "reject_id": "bigint",
        "feed": _TEXT,
        **dict.fromkeys(("run_id", "record", "line"), "bigint"),
        **dict.fromkeys(("ticket_id", "reason", "detail", "raw_text", "header", "digest"), _TEXT),
        "first_seen_at": _TIME,
        "last_seen_at": _TIME,
        "times": "integer",
        "resolved_at": _TIME,
        "resolution": _TEXT,
        "resolved_by": _TEXT,
        **dict.fromkeys(("header_id", "size"), "bigint"),
        "corrected": _TEXT,
    },
    "ticket_changes": {
        "change_id": "bigint",
        "feed": _TEXT,
        "ticket_id": _TEXT,
        "run_id": "bigint",
        "observed_at": _TIME,
        "kind": _TEXT,
        "changed": "jsonb",
    },
}
KEYS = {
    "inc": ["ticket_id"],
    "geo_clusters": ["cluster"],
    "geo_locations": ["cluster", "location_key"],
    "import_meta": ["feed"],
    "import_runs": ["run_id"],
    "rejects": ["reject_id"],
    "ticket_changes": ["change_id"],
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_exactly_the_columns_and_types_of_the_contract(db: Database, name: str) -> None:
    found = db.all(
        "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute "
        "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        [f"tickets.{name}"],
    )

    assert dict(found) == TABLES[name]


@pytest.mark.parametrize("name", KEYS)
def test_a_table_has_the_key_of_the_contract(db: Database, name: str) -> None:
    found = db.all(
        "SELECT attname::text FROM pg_index, LATERAL unnest(indkey) WITH ORDINALITY AS k (n, place) "
        "JOIN pg_attribute ON attrelid = %s::regclass AND attnum = n "
        "WHERE indrelid = %s::regclass AND indisprimary ORDER BY place",
        [f"tickets.{name}", f"tickets.{name}"],
    )

    assert [column for (column,) in found] == KEYS[name]


def test_every_typed_column_is_stored_and_generated(db: Database) -> None:
    found = db.all(
        "SELECT attname::text FROM pg_attribute WHERE attrelid = 'tickets.inc'::regclass AND attgenerated = 's'"
    )
    typed = {column.name for column in FEED.columns if column.typed}

    assert {name for (name,) in found} == typed | {"latitude", "longitude", "geog"}


def test_states_outcomes_and_kinds_are_those_of_the_contract(db: Database) -> None:
    checks = dict(
        db.all(
            "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c' "
            "AND connamespace = 'tickets'::regnamespace"
        )
    )
    words = {
        "tickets.exports": ["seen", "loaded", "superseded", "refused", "archived", "gone"],
        "tickets.import_runs": ["loaded", "unchanged", "empty", "busy", "refused", "failed"],
        "tickets.ticket_changes": ["inserted", "updated", "absent", "returned"],
        "tickets.geo_clusters": ["ok", "not_found", "rejected", "manual"],
        "tickets.geo_locations": ["ok", "not_found", "rejected", "manual"],
    }
    for table, allowed in words.items():
        assert sorted(checks[table].split("'")[1::2]) == sorted(allowed)


def test_rejects_are_unique_by_digest_and_geog_has_a_gist_index(db: Database) -> None:
    indexes = [text for (text,) in db.all("SELECT indexdef FROM pg_indexes WHERE schemaname = 'tickets'")]

    assert any("UNIQUE INDEX" in text and "(feed, digest, reason)" in text for text in indexes)
    assert any("tickets.inc USING gist (geog)" in text for text in indexes)
