"""What cannot be adopted as it is: refused before anything is done, with what to do about it."""

from __future__ import annotations

import pytest

from fleetfeed.database import Database
from fleetfeed.database.schema.migrate import migrate
from fleetfeed.errors import DatabaseError
from tests.database.adoption.kit import picture
from tests.kit import FEED, MIGRATIONS

_NO_KEY = (
    "DROP TABLE tickets.inc CASCADE; CREATE TABLE tickets.inc (ticket_id {}, raw {}); INSERT INTO tickets.inc VALUES "
)
_TWICE = ", ".join(f"('T{number}', '{{}}'), ('T{number}', '{{}}')" for number in range(4))
REFUSED = {
    "ALTER TABLE tickets.inc RENAME raw TO document": "tickets.inc has no column raw, so its rows cannot be kept.",
    "ALTER TABLE tickets.closure_events RENAME closed_at TO ended": "tickets.closure_events has no column closed_at",
    "CREATE TABLE tickets.exports (day date)": "tickets.exports is there already, and is no table of",
    "CREATE VIEW tickets.rejects AS SELECT 1": "tickets.rejects is neither a plain table nor a view",
    "DROP VIEW tickets.inc_open_sla; CREATE TABLE tickets.inc_open_sla (x int)": "tickets.inc_open_sla is neither a",
    "CREATE SCHEMA as_built": "There is a schema as_built, the name under which",
    "ALTER TABLE tickets.geo_clusters ALTER lat TYPE text": "tickets.geo_clusters.lat is of type text, and its values "
    "can only be kept as smallint or integer or bigint or numeric or real or double precision.",
    "ALTER TABLE tickets.geo_locations ALTER geom TYPE public.geography(Point, 4326) USING geom::public.geography": (
        "tickets.geo_locations.geom is of type public.geography(Point,4326), and its values can only be kept as geom"
    ),
    "ALTER TABLE tickets.closure_events ALTER observed_at TYPE timestamp": (
        "tickets.closure_events.observed_at is of type timestamp without time zone, and its values can only be kept as"
    ),
    _NO_KEY.format("text", "text")
    + "('T1', '{}')": "tickets.inc.raw is of type text, and its values can only be kept as",
    _NO_KEY.format("integer", "jsonb") + "(1, '{}')": "tickets.inc.ticket_id is of type integer, and its values can",
    _NO_KEY.format("text", "jsonb") + f"(NULL, '{{}}'), ('N', NULL), ('A', '[]'), {_TWICE}": (
        "tickets.inc has rows that are no tickets: 1 with no ticket_id ((0,1)); 4 with a ticket_id that another row "
        "has (T0, T1, T2, …); 2 with no document in raw (A, N)."
    ),
}


@pytest.mark.parametrize(("sql", "cause"), REFUSED.items(), ids=range(len(REFUSED)))
def test_what_makes_no_sense_is_refused_with_a_next_step(old_to_read: Database, sql: str, cause: str) -> None:
    with old_to_read.transaction(keep=False):
        old_to_read.execute(sql)
        before = picture(old_to_read)
        for dry in (True, False):
            with pytest.raises(DatabaseError) as refused:
                migrate(old_to_read, MIGRATIONS, [FEED], dry=dry)
            assert refused.value.cause.startswith(cause)
            assert refused.value.effect == "Nothing was written."
            assert "run" in refused.value.next_step
        assert picture(old_to_read) == before
