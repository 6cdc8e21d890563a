"""What derives from a feed: made once, mended when altered, made anew when declared anew, for any feed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fleetfeed import Feed, Moment, Roles, Text, Untyped
from fleetfeed.database import Database
from fleetfeed.database.schema.current import check
from fleetfeed.database.schema.derived import ReadSide, objects
from fleetfeed.database.schema.migrate import migrate
from fleetfeed.database.schema.settings import FeedTerms, Terms
from fleetfeed.errors import SchemaBehind
from tests.database.schema.derived.kit import call, capture, dashboard, keys, on_map, put
from tests.database.schema.derived.payloads import DASHBOARD, MAP, wrong
from tests.kit import FEED, MIGRATIONS, ticket

SLIM = Feed(
    name="crq",
    key="number",
    columns=(
        Text("state"),
        Text("at"),
        Text("kind"),
        Text("group"),
        Untyped("note"),
        Moment("asked_at", zone="Asia/Tokyo"),
        Moment("finished", zone="Asia/Tokyo"),
    ),
    roles=Roles(
        status="state",
        closed_statuses=("done", "won't do"),
        closed="finished",
        created=("asked_at",),
        cluster="at",
        location="kind",
        team="group",
    ),
)


def versions(db: Database) -> list[tuple[Any, ...]]:
    sql = "SELECT oid::regclass::text, xmin::text FROM pg_class WHERE relnamespace = 'tickets'::regnamespace ORDER BY 1"
    return [*db.all(sql), *db.all("SELECT oid::regprocedure::text, xmin::text FROM pg_proc ORDER BY 1")]


def test_the_second_migrate_makes_nothing_anew(own: Database) -> None:
    before = versions(own)

    assert migrate(own, MIGRATIONS, [FEED]) == []
    assert versions(own) == before


ALTERED = {
    "DROP VIEW tickets.inc_open_sla": "create view tickets.inc_open_sla",
    "DROP TABLE tickets.inc_daily_snapshot": "create table tickets.inc_daily_snapshot",
    "DROP FUNCTION tickets.inc_map": "create function tickets.inc_map(text, text, integer)",
    "DROP FUNCTION reporting.fn_inc_dashboard": "create function reporting.fn_inc_dashboard("
    "text, text, text, timestamptz, timestamptz)",
    "CREATE OR REPLACE FUNCTION tickets.inc_capture_history(p_as_of timestamptz) RETURNS void LANGUAGE sql AS ''": (
        "replace function tickets.inc_capture_history(timestamptz)"
    ),
    "ALTER FUNCTION reporting.fn_inc_dashboard SECURITY INVOKER": "replace function reporting.fn_inc_dashboard("
    "text, text, text, timestamptz, timestamptz)",
    "ALTER VIEW tickets.inc_open_sla RENAME COLUMN sla_basis TO basis": "replace view tickets.inc_open_sla",
}


@pytest.mark.parametrize(("sql", "what"), ALTERED.items(), ids=range(len(ALTERED)))
def test_what_was_altered_or_dropped_by_hand_stops_a_run_and_is_mended(own: Database, sql: str, what: str) -> None:
    own.execute(sql)
    with pytest.raises(SchemaBehind, match="not what the feed declares"):
        check(own, MIGRATIONS, FEED)
    reported = [step.what for step in migrate(own, MIGRATIONS, [FEED])]

    assert [line for line in reported if line.startswith(("create", "replace"))] == [what]
    check(own, MIGRATIONS, FEED)
    assert migrate(own, MIGRATIONS, [FEED]) == []


def test_a_changed_role_changes_views_and_functions_but_no_history(own: Database) -> None:
    put(own, [ticket("T1")])
    capture(own, "2026-11-20 10:00+03")
    feed = replace(FEED, roles=replace(FEED.roles, closed_statuses=("open",), cancelled_statuses=()))
    reported = [step.what for step in migrate(own, MIGRATIONS, [feed], dry=True)]
    assert "replace view tickets.inc_open_sla" in reported
    migrate(own, MIGRATIONS, [feed])

    assert own.all("SELECT ticket_id FROM tickets.inc_open_sla") == []
    assert dashboard(own)["counts"]["open"] == 0
    assert own.all("SELECT open_total FROM tickets.inc_daily_snapshot") == [(1,)]


def test_a_feed_with_the_fewest_roles_has_all_of_it_in_its_own_zone(own: Database) -> None:
    migrate(own, MIGRATIONS, [FEED, SLIM], terms=Terms({"crq": FeedTerms({"default": 60}), "inc": FeedTerms()}))
    asked = {"state": "new", "at": "Thika", "group": "A", "note": "private", "asked_at": "2026-11-20 08:00"}
    for key, raw in {"C1": asked, "C2": {"state": "won't do", "finished": "2026-11-20 09:00"}}.items():
        own.execute("INSERT INTO tickets.crq (ticket_id, raw) VALUES (%s, %s::jsonb)", [key, json.dumps(raw)])
    window = {"p_window": "custom", "p_from": "2026-11-19 15:00+00", "p_to": "2026-11-20 15:00+00"}
    page = call(own, "reporting.fn_crq_dashboard", window)
    for as_of in ("2026-11-20 14:59+00", "2026-11-20 15:00+00"):
        own.execute("SELECT tickets.capture_history('crq', %s)", [as_of])

    assert (wrong(DASHBOARD, page), wrong(MAP, on_map(own))) == ([], [])
    assert (keys(page["open"]), keys(page["closed"]), page["filters"]["timezone"]) == (["C1"], ["C2"], "Asia/Tokyo")
    assert [row["date"] for row in page["metrics"]["flow"]] == ["2026-11-20"]
    assert page["metrics"]["backlog"] == {"total": 1, "actionable": 1, "overdue": 1, "unassigned": 0}
    assert "private" not in str(page)
    days = own.all("SELECT snapshot_date::text, cluster, open_total FROM tickets.crq_daily_snapshot ORDER BY 1")
    assert days == [("2026-11-20", "Thika", 1), ("2026-11-21", "Thika", 1)]
    assert own.all("SELECT ticket_id, cluster, mttr FROM tickets.closure_events") == [("C2", None, None)]
    assert sorted(keys(on_map(own))) == ["C1", "C2"]  # the project's first feed
    assert keys(on_map(own, p_feed="inc")) == []


def test_settings_are_written_once_and_followed_when_they_change(own: Database) -> None:
    terms = Terms(
        {"inc": FeedTerms({"default": 60, "it's": 5}, source_after=timedelta(hours=1), timezone="Asia/Tokyo")}
    )
    first = [step.what for step in migrate(own, MIGRATIONS, [FEED], terms=terms)]

    assert first == ["set when feed inc is stale", "set the SLA targets of feed inc, in minutes: default 60, it's 5"]
    assert migrate(own, MIGRATIONS, [FEED], terms=terms) == []
    assert migrate(own, MIGRATIONS, [FEED]) == []
    put(own, [ticket("T1"), ticket("T2", bucket="it's")])
    assert own.all("SELECT target_minutes FROM tickets.inc_open_sla ORDER BY ticket_id") == [(60,), (5,)]
    other = Terms({"inc": FeedTerms(timezone="Asia/Tokyo", source_after=timedelta(hours=1))})
    assert [step.what for step in migrate(own, MIGRATIONS, [FEED], terms=other)] == [
        "set the SLA targets of feed inc, in minutes: none"
    ]


def test_a_removed_feed_is_never_the_default_of_a_function(own: Database) -> None:
    inc, crq = FeedTerms({"default": 60}), FeedTerms({"default": 120})
    migrate(own, MIGRATIONS, [SLIM, FEED], terms=Terms({"crq": crq, "inc": inc}))
    put(own, [ticket("T1")])
    assert keys(on_map(own)) == []
    reported = [step.what for step in migrate(own, MIGRATIONS, [FEED], terms=Terms({"inc": inc}))]

    assert reported == [
        "set when feed inc is stale",
        "put feed crq, which the project no longer has, behind all others",
    ]
    assert keys(on_map(own)) == ["T1"]
    assert on_map(own, p_feed="crq")["summary"]["total"] == 0
    assert own.all("SELECT minutes FROM tickets.sla_targets WHERE feed = 'crq'") == [(120,)]
    assert migrate(own, MIGRATIONS, [FEED], terms=Terms({"inc": inc})) == []
    migrate(own, MIGRATIONS, [SLIM, FEED], terms=Terms({"crq": crq, "inc": inc}))
    assert keys(on_map(own)) == []


def test_no_mark_of_a_template_is_left_unfilled(db: Database) -> None:
    for item in objects(FEED, db.postgis):
        assert "@" not in item.sql
    assert ReadSide(db, FEED).steps() == []
