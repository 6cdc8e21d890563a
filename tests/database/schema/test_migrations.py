"""The migrations themselves, and what the server needs for them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from fleetfeed.database import Database
from fleetfeed.database.schema.current import head
from fleetfeed.database.schema.migrate import migrate
from fleetfeed.errors import DatabaseError
from tests.kit import FEED, MIGRATIONS


def test_alembic_and_fleetfeed_agree_on_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    script = ScriptDirectory.from_config(config)

    assert script.get_heads() == [head(MIGRATIONS)]
    found = {Path(item.path).name.split("_")[0]: item.revision for item in script.walk_revisions()}
    assert found == {number: number for number in found}
    numbers = {path.name.split("_")[0] for path in (MIGRATIONS / "sql").glob("*.sql")}
    assert numbers <= set(found)


def test_a_server_without_postgis_is_reported_which_package_it_lacks(empty: Database) -> None:
    empty.execute("SET allow_system_table_mods = on")
    empty.execute(
        "CREATE OR REPLACE VIEW pg_catalog.pg_available_extensions AS "
        "SELECT e.name, e.default_version, x.extversion AS installed_version, e.comment "
        "FROM pg_catalog.pg_available_extensions() AS e LEFT JOIN pg_catalog.pg_extension AS x ON e.name = x.extname "
        "WHERE e.name <> 'postgis'"
    )
    with pytest.raises(DatabaseError, match="PostGIS is not installed on the database server") as missing:
        migrate(empty, MIGRATIONS, [FEED])
    major = empty.connection.info.server_version // 10000
    assert f"postgresql-{major}-postgis-3" in missing.value.next_step
    assert not empty.one("SELECT to_regnamespace('tickets') IS NOT NULL")


def test_plans_that_were_saved_before_lose_their_positions(empty: Database, tmp_path: Path) -> None:
    before = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, before, ignore=shutil.ignore_patterns("0018_*", "0019_*", "002*", "__pycache__"))
    migrate(empty, before, [])
    empty.execute(
        "INSERT INTO tickets.dispatch_plans (feed, inputs_digest, plan) VALUES ('inc', 'x', %s::json)",
        ['{"holds": [], "assignments": [{"unit": "A", "ticket_id": "T", "stop": 1, "position": {"latitude": 1}}]}'],
    )
    migrate(empty, MIGRATIONS, [FEED])
    kept = {"assignments": [{"unit": "A", "ticket_id": "T", "stop": 1}]}
    assert empty.one("SELECT plan FROM tickets.dispatch_plans") == kept
