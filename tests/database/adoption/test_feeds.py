"""Rows of the earlier program name no feed: adoption finds it by their ticket, or does not guess."""

from __future__ import annotations

import pytest

from fleetfeed.database import Database
from fleetfeed.database.adoption.owners import Owners
from fleetfeed.database.schema.migrate import migrate
from fleetfeed.errors import DatabaseError
from tests.database.adoption.kit import picture
from tests.kit import CRQ, FEED, MIGRATIONS

BOTH = [CRQ, FEED]
PREFIXES = {"crq": "automations/crq/", "inc": "automations/inc/"}
_EVENTS = "SELECT feed, count(*) FROM tickets.closure_events GROUP BY 1 ORDER BY 1"
_CLOSED_CRQ = """
INSERT INTO tickets.crq (ticket_id, raw) VALUES ('CRQ1', '{"normalized_status": "closed"}'), ('CRQ2', '{}');
INSERT INTO tickets.closure_events (ticket_id, closed_at) VALUES ('CRQ1', '2026-11-12 06:30+00');
"""
_LOST = "INSERT INTO tickets.closure_events (ticket_id, closed_at) VALUES ('GONE', now()), ('ALSO', now());"
_SHARED = "INSERT INTO tickets.crq (ticket_id, raw) VALUES ('INC3', '{}');"


def _meta(old: Database, key: str) -> None:
    old.execute("ALTER TABLE tickets.import_meta DROP COLUMN source")
    old.execute("UPDATE tickets.import_meta SET metadata = jsonb_build_object('source_key', %s::text)", [key])


def test_events_belong_to_the_feed_whose_table_has_the_ticket(old: Database) -> None:
    migrate(old, MIGRATIONS, BOTH)
    assert old.all(_EVENTS) == [("inc", 334)]
    assert old.all("SELECT feed FROM tickets.import_meta") == [("inc",)]
    old.execute("SELECT tickets.capture_history(feed, now()) FROM unnest(ARRAY['crq', 'inc']) AS feed")
    assert old.all(_EVENTS) == [("inc", 334)]


def test_each_of_two_feeds_gets_its_own_events_declared_or_not(old: Database) -> None:
    old.execute(_CLOSED_CRQ)
    migrate(old, MIGRATIONS, [FEED])
    assert old.all(_EVENTS) == [("crq", 1), ("inc", 334)]


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        (
            _LOST,
            r"2 rows of .*: the ticket of 2 is in no feed's table, that of 0 in several \(ALSO,",
        ),
        (_SHARED, r"3 rows of .*: the ticket of 0 is in no feed's table, that of 3 in several \(INC3\)"),
    ],
)
def test_a_row_of_no_or_several_feeds_is_refused_until_somebody_answers(old: Database, sql: str, told: str) -> None:
    old.execute(sql)
    before = picture(old)
    for dry in (True, False):
        with pytest.raises(DatabaseError, match=told) as refused:
            migrate(old, MIGRATIONS, BOTH, dry=dry)
        assert "--adopt-as" in refused.value.next_step
    assert picture(old) == before

    migrate(old, MIGRATIONS, BOTH, owners=Owners(adopt_as="crq"))
    assert dict(old.all(_EVENTS))["crq"] == 2


def test_the_last_load_belongs_to_the_feed_whose_source_has_its_key(old: Database) -> None:
    old.execute(_CLOSED_CRQ)
    _meta(old, "automations/crq/export.csv")
    migrate(old, MIGRATIONS, BOTH, owners=Owners(prefixes=PREFIXES))
    assert old.all("SELECT feed FROM tickets.import_meta") == [("crq",)]


def test_a_last_load_of_an_unknown_folder_is_refused_until_answered(old: Database) -> None:
    old.execute(_CLOSED_CRQ)
    _meta(old, "elsewhere/export.csv")
    with pytest.raises(DatabaseError, match=r"1 row of tickets\.import_meta"):
        migrate(old, MIGRATIONS, BOTH, owners=Owners(prefixes=PREFIXES))
    migrate(old, MIGRATIONS, BOTH, owners=Owners("inc", PREFIXES))
    assert old.all("SELECT feed FROM tickets.import_meta") == [("inc",)]
