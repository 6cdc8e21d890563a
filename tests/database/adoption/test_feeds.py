"""Rows of the earlier program name no feed: adoption finds it by their ticket, or does not guess."""

from __future__ import annotations

import pytest

from fleetfeed.database import Database
from fleetfeed.database.schema.migrate import migrate
from fleetfeed.errors import DatabaseError
from tests.database.adoption.kit import picture
from tests.kit import CRQ, FEED, MIGRATIONS

BOTH = [CRQ, FEED]
_EVENTS = "SELECT feed, count(*) FROM tickets.closure_events GROUP BY 1 ORDER BY 1"
_CLOSED_CRQ = """
INSERT INTO tickets.crq (ticket_id, raw) VALUES ('CRQ1', '{"normalized_status": "closed"}'), ('CRQ2', '{}');
INSERT INTO tickets.closure_events (ticket_id, closed_at) VALUES ('CRQ1', '2026-11-12 06:30+00');
"""
_LOST = "INSERT INTO tickets.closure_events (ticket_id, closed_at) VALUES ('GONE', now()), ('ALSO', now());"
_SHARED = "INSERT INTO tickets.crq (ticket_id, raw) VALUES ('INC3', '{}');"


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
    ("sql", "reported"),
    [
        (
            _LOST,
            r"The feed of 2 rows of tickets.closure_events is unknown, .*: ALSO, GONE\.",
        ),
        (_SHARED, r"The feed of 3 rows of tickets.closure_events is unknown, .*: INC3, …\."),
    ],
)
def test_a_row_of_no_or_several_feeds_is_refused_until_somebody_answers(old: Database, sql: str, reported: str) -> None:
    old.execute(sql)
    before = picture(old)
    for dry in (True, False):
        with pytest.raises(DatabaseError, match=reported) as refused:
            migrate(old, MIGRATIONS, BOTH, dry=dry)
        assert "--adopt-as" in refused.value.next_step
    assert picture(old) == before

    migrate(old, MIGRATIONS, BOTH, adopt_as="crq")
    assert dict(old.all(_EVENTS))["crq"] == 2


def test_a_last_load_of_an_unknown_source_is_refused_until_answered(old: Database) -> None:
    old.execute("UPDATE tickets.import_meta SET source = 'elsewhere'")
    with pytest.raises(DatabaseError, match=r"1 row of tickets\.import_meta is unknown, .*: automations/inc/export001"):
        migrate(old, MIGRATIONS, BOTH)
    migrate(old, MIGRATIONS, BOTH, adopt_as="inc")
    assert old.all("SELECT feed FROM tickets.import_meta") == [("inc",)]
