"""What `migrate` does about rights that were revoked, and where roles are missing."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fleetfeed.database import Database, connect
from fleetfeed.database.schema import roles
from fleetfeed.database.schema.migrate import migrate
from fleetfeed.database.schema.settings import Terms
from fleetfeed.errors import ConfigError
from tests.database.schema.derived.acting import acting, refused
from tests.database.schema.derived.kit import dashboard, keys, put
from tests.kit import FEED, MIGRATIONS, ticket


def test_revoked_rights_return_and_foreign_grants_outlive_a_new_view(own: Database, reader: str) -> None:
    own.execute("DROP ROLE IF EXISTS fleetfeed_analyst; CREATE ROLE fleetfeed_analyst")
    own.execute("GRANT SELECT ON tickets.inc_open_sla TO fleetfeed_analyst")
    own.execute("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA reporting FROM fleetfeed_reader")
    own.execute("GRANT EXECUTE ON FUNCTION tickets.eat_ts(text) TO PUBLIC")
    own.execute("UPDATE tickets.feed_schemas SET objects = '{}'")
    terms = Terms(reader_roles=(reader,))
    reported = [step.what for step in migrate(own, MIGRATIONS, [FEED], terms=terms)]

    assert "replace view tickets.inc_open_sla" in reported
    granted = re.findall(r"grant fleetfeed_reader what it lacks on (\d+) objects", "\n".join(reported))
    assert sum(map(int, granted)) == 14  # of the feed, then of the core
    assert "take 1 functions of tickets and reporting from everybody" in reported
    assert migrate(own, MIGRATIONS, [FEED], terms=terms) == []
    assert not refused(own, "fleetfeed_reader", "SELECT reporting.fn_inc_dashboard()")
    assert not refused(own, "fleetfeed_reader", "SELECT FROM tickets.inc_open_sla")
    assert not own.one("SELECT has_function_privilege('public', 'tickets.eat_ts(text)', 'EXECUTE')")
    assert own.one("SELECT has_table_privilege('fleetfeed_analyst', 'tickets.inc_open_sla', 'SELECT')")
    own.execute("DROP OWNED BY fleetfeed_analyst; DROP ROLE fleetfeed_analyst")


def test_the_rights_on_the_objects_of_one_feed_are_found_alone(own: Database) -> None:
    own.execute("REVOKE ALL ON tickets.inc FROM fleetfeed_loader; REVOKE ALL ON tickets.exports FROM fleetfeed_loader")

    assert [step.what for step in roles.steps(own, (), "inc")] == ["grant fleetfeed_loader what it lacks on 1 objects"]
    assert [step.what for step in roles.steps(own, ())] == ["grant fleetfeed_loader what it lacks on 2 objects"]
    assert roles.steps(own, (), "other") == []


def test_a_missing_reader_role_is_refused_before_any_step(empty_url: str) -> None:
    with connect(empty_url, "test") as db:
        with pytest.raises(ConfigError, match="reader_roles names no_such_role"):
            migrate(db, MIGRATIONS, [FEED], terms=Terms(reader_roles=("no_such_role",)))
        assert not db.one("SELECT to_regnamespace('tickets') IS NOT NULL")


def test_without_the_right_to_make_roles_migrate_prints_their_sql(empty_url: str) -> None:
    with connect(empty_url, "test") as db:
        name: Any = db.one("SELECT current_database()")
        db.execute("DROP ROLE IF EXISTS fleetfeed_plain; CREATE ROLE fleetfeed_plain")
        db.execute(f'CREATE EXTENSION postgis SCHEMA public; GRANT CREATE ON DATABASE "{name}" TO fleetfeed_plain')
        with acting(db, "fleetfeed_plain"):
            left = [step for step in migrate(db, MIGRATIONS, [FEED]) if step.by_hand]
            assert [step.what for step in left] == [
                "grant fleetfeed_owner to fleetfeed_plain",
                "give 89 objects of tickets and reporting to fleetfeed_owner",
            ]
            assert 'GRANT fleetfeed_owner TO "fleetfeed_plain"' in left[0].sql
            put(db, [ticket("T1")])
            assert keys(dashboard(db)["open"]) == ["T1"]
        for step in left:
            db.execute(step.sql)
        assert migrate(db, MIGRATIONS, [FEED]) == []
        with acting(db, "fleetfeed_plain"):
            assert migrate(db, MIGRATIONS, [FEED]) == []
            assert keys(dashboard(db)["open"]) == ["T1"]
        db.execute("DROP OWNED BY fleetfeed_plain; DROP ROLE fleetfeed_plain")
