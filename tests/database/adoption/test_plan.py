"""`migrate --plan` shows what adoption will do, and does none of it."""

from __future__ import annotations

import pytest

from fleetfeed.database import Database
from fleetfeed.database.adoption import report as words
from fleetfeed.database.schema.current import check
from fleetfeed.database.schema.migrate import migrate
from fleetfeed.errors import SchemaBehind
from tests.database.adoption.kit import picture, reported
from tests.kit import FEED, MIGRATIONS

PLAN = """
keep 1,000 rows of tickets.inc: ticket_id, raw and ingested_at as they are; typed columns and places are computed again
keep 334 rows of tickets.closure_events: id becomes event_id
copy 1 row of tickets.closure_events to tickets.as_built_closure_events: their key is missing, or another row has it
keep 3 rows of tickets.geo_clusters: geocoded_at becomes fetched_at
keep 20 rows of tickets.geo_locations: location_name becomes location_key, geocoded_at becomes fetched_at
keep 1 row of tickets.import_meta: source becomes feed, imported_at becomes updated_at
keep 33 rows of tickets.inc_daily_snapshot: open_count becomes open_total, actionable_count becomes open_actionable
copy 3 rows of tickets.inc_daily_snapshot to tickets.as_built_inc_daily_snapshot: created_count has no column any more
recreate view tickets.inc_open_sla with the columns that docs/database.md lists
recreate function reporting.fn_inc_dashboard(of_cluster text, of_status text, of_window text, since timestamp with \
time zone, until timestamp with time zone) with the arguments that docs/database.md lists
recreate function reporting.fn_tickets_for_map(wanted text) with the arguments that docs/database.md lists
recreate function tickets.capture_history() with the arguments that docs/database.md lists
recreate function tickets.eat_ts(value text) with the arguments that docs/database.md lists
drop function tickets.resolve_geom(), and its triggers: the trigger resolve_place takes its part
recreate index inc_of_a_team on tickets.inc
grant EXECUTE on function reporting.fn_inc_dashboard to dashboard_api, as before
grant EXECUTE on function reporting.fn_inc_dashboard to map_page, as before
grant EXECUTE on function reporting.fn_tickets_for_map to dashboard_api, as before
grant EXECUTE on function reporting.fn_tickets_for_map to map_page, as before
grant SELECT (raw) on tickets.inc to dashboard_api, as before
grant SELECT (ticket_id) on tickets.inc to dashboard_api, as before
grant SELECT on tickets.inc_open_sla to dashboard_api, as before
grant fleetfeed_owner, fleetfeed_loader, fleetfeed_reader, fleetfeed_dispatcher what docs/database.md says
capture history of feed inc: closures that are not in tickets.closure_events yet, and today's backlog in \
tickets.inc_daily_snapshot
leave tickets.crq as it is: no feed of fleetfeed.toml has this name
leave public.schema_migrations as it is: fleetfeed does not read it
""".strip().splitlines()


def test_the_plan_tells_all_and_writes_nothing(old_to_read: Database) -> None:
    old = old_to_read
    before = picture(old)
    plan = reported(old, dry=True)

    assert plan[:-1] == PLAN
    assert picture(old) == before


def test_the_plan_lists_rewrites_and_estimates_the_lock_time(old: Database) -> None:
    old.execute(
        "INSERT INTO tickets.inc (ticket_id, raw) SELECT 'MORE' || i, jsonb_build_object('ticket_id', 'MORE' || i) "
        "FROM generate_series(1, 29000) AS i"
    )
    steps = migrate(old, MIGRATIONS, [FEED], dry=True)

    lock = steps[-1]
    assert lock.seconds == pytest.approx(words.AT_LEAST + 30_000 / words.ROWS_PER_SECOND, abs=0.2)
    assert lock.what.startswith(
        "lock all of these, for readers too, for about 4 s (an estimate, at 10,000 rows a second"
    )
    assert [(step.kind, step.rows) for step in steps if step.rewrites] == [
        ("keep", 30_000), ("keep", 334), ("keep", 3), ("keep", 20), ("keep", 1), ("keep", 33)
    ]  # fmt: skip
    assert not any(step.destructive for step in steps)


def test_a_run_refuses_until_the_database_is_adopted(old_to_read: Database, adopted_to_read: Database) -> None:
    with pytest.raises(SchemaBehind, match="revision none") as behind:
        check(old_to_read, MIGRATIONS, FEED)
    assert behind.value.next_step == "Run `fleetfeed migrate` (`--plan` shows what it will do)."
    check(adopted_to_read, MIGRATIONS, FEED)
