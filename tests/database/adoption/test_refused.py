"""What cannot be adopted as it is: refused with what to do about it."""

from __future__ import annotations

import pytest

from fleetfeed.database import Database
from fleetfeed.database.schema.migrate import migrate
from fleetfeed.errors import DatabaseError
from tests.database.adoption.kit import picture
from tests.kit import CRQ, FEED, MIGRATIONS

UNLIKE = " is not as the earlier program made it, so its rows cannot be kept: "
TAKEN = "Something else has the name of what is made: "
REFUSED = {
    "ALTER TABLE tickets.inc RENAME raw TO document": f"tickets.inc{UNLIKE}raw is missing instead of jsonb.",
    "ALTER TABLE tickets.closure_events RENAME closed_at TO ended": f"tickets.closure_events{UNLIKE}closed_at is",
    "ALTER TABLE tickets.geo_clusters ALTER lat TYPE text": (
        f"tickets.geo_clusters{UNLIKE}lat is text instead of double precision."
    ),
    "ALTER TABLE tickets.geo_locations ALTER geom TYPE public.geography(Point, 4326) USING geom::public.geography": (
        f"tickets.geo_locations{UNLIKE}geom is geography(Point,4326) instead of geometry(Point,4326)."
    ),
    "ALTER TABLE tickets.closure_events ALTER observed_at TYPE timestamp": (
        f"tickets.closure_events{UNLIKE}observed_at is timestamp without time zone instead of timestamp with time zone."
    ),
    "ALTER TABLE tickets.inc DROP CONSTRAINT inc_pkey": f"tickets.inc{UNLIKE}no PRIMARY KEY (ticket_id).",
    "INSERT INTO tickets.crq VALUES ('A', '[]'), ('N', 'null'), ('T', '{}')": (
        f"tickets.crq{UNLIKE}2 rows whose raw is no JSON object."
    ),
    "DROP VIEW tickets.inc_open_sla; CREATE TABLE tickets.inc_open_sla (x int)": (
        "tickets.inc_open_sla is not what the earlier program had under this name."
    ),
    "DROP VIEW tickets.inc_open_sla; CREATE MATERIALIZED VIEW tickets.inc_open_sla AS SELECT 1 AS x": (
        "tickets.inc_open_sla is not what the earlier program had under this name."
    ),
}
IN_THE_WAY = {
    "CREATE TABLE tickets.exports (day date)": f'{TAKEN}relation "exports" already exists.',
    "CREATE VIEW tickets.rejects AS SELECT 1": f'{TAKEN}relation "rejects" already exists.',
    "CREATE SCHEMA as_built": f'{TAKEN}schema "as_built" already exists.',
    "CREATE FUNCTION tickets.whole(t text) RETURNS int LANGUAGE sql AS 'SELECT 1'": f'{TAKEN}function "whole" already',
}


def _assert_refused(old: Database, cause: str, *, dry: bool) -> None:
    before = picture(old)
    with pytest.raises(DatabaseError) as refused:
        migrate(old, MIGRATIONS, [FEED, CRQ], dry=dry)
    assert refused.value.cause.startswith(cause)
    assert refused.value.effect == "Nothing was written."
    assert "run" in refused.value.next_step
    assert picture(old) == before


@pytest.mark.parametrize(("sql", "cause"), REFUSED.items(), ids=range(len(REFUSED)))
def test_a_table_unlike_the_earlier_programs_is_refused(old_to_read: Database, sql: str, cause: str) -> None:
    with old_to_read.transaction(keep=False):
        old_to_read.execute(sql)
        for dry in (True, False):
            _assert_refused(old_to_read, cause, dry=dry)


@pytest.mark.parametrize(("sql", "cause"), IN_THE_WAY.items(), ids=range(len(IN_THE_WAY)))
def test_an_object_in_the_way_is_refused(old: Database, sql: str, cause: str) -> None:
    old.execute(sql)
    _assert_refused(old, cause, dry=False)
