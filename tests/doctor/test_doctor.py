"""Each misconfiguration that is planted is named, with what to do about it; nothing hides anything else."""

from __future__ import annotations

import json

import psycopg
import pytest

from tests.cli.site import Site
from tests.doctor.kit import Found, findings, named, shown
from tests.doctor.pool import pool
from tests.servers import postgres

TOML = "fleetfeed.toml"


def test_a_site_that_is_well_has_nothing_wrong_and_says_what_was_looked_at(well: Site) -> None:
    found = shown(well)
    assert [item[2] for item in found if item[0] != "ok"] == [
        "we are fleetfeed, a superuser: far more than loading needs"
    ]
    areas = {area for _, area, *_ in found}
    assert areas == {
        *("settings", "environment", "plugins", "database", "bucket inc", "geocoder gazetteer", "zone", "page", "disk")
    }
    assert named(found, "ok", "settings", "database.url is postgresql://", "")
    assert named(found, "ok", "bucket inc", "credentials come from RUSTFS_ACCESS_KEY", "")


def test_nothing_is_written_and_no_schema_is_made(well: Site) -> None:
    with well.untouched():
        assert findings(well)


def test_one_check_that_fails_stops_no_other(well: Site) -> None:
    well.write(more='geocoders = ["locationiq"]\nplugins = ["nobody"]\nschedule = "whenever"\n[geocoders.locationiq]\n')
    (well.folder / "feeds").mkdir()
    (well.folder / "feeds" / "crq.py").write_text("FEED = 1 / 0\n")
    found = shown(well, 1, DATABASE_URL="postgresql://127.0.0.1:1/x", RUSTFS_ENDPOINT="http://127.0.0.1:1")
    assert {(level, area) for level, area, *_ in found if level != "ok"} == {
        ("error", "database"),
        ("error", "bucket inc"),
        ("error", "plugins"),
        ("error", "schedule"),
        ("warning", "geocoder locationiq"),
    }


# --- settings and environment


def test_doctor_names_bad_settings_and_still_checks_the_machine(well: Site) -> None:
    well.write(more="sauce = 1\n")
    found = shown(well, 1, RUSTFS_ENDPIONT="x")
    assert named(found, "error", "settings", "feeds.inc.sauce: unknown key; did you mean `source`?", "Correct this")
    assert named(found, "warning", "environment", "RUSTFS_ENDPIONT", "Correct the name")
    assert found[-1][1] == "disk"


def test_a_folder_without_a_project_is_named(well: Site) -> None:
    (well.folder / TOML).unlink()
    assert named(findings(well, 1), "error", "settings", "There is no fleetfeed.toml", "fleetfeed init")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("DATABSE_URL", "DATABASE_URL"),
        ("RUSTFS_ACESS_KEY", "RUSTFS_ACCESS_KEY"),
        ("AWS_SECRET_ACCES_KEY", "AWS_SECRET_ACCESS_KEY"),
        ("FLEETFEED_STORE__REGOIN", "FLEETFEED_STORE__REGION"),
        ("GEOCODER_APIKEY", "GEOCODER_API_KEY"),
    ],
)
def test_a_variable_that_looks_like_a_slip_is_named(well: Site, name: str, meant: str) -> None:
    found = findings(well, **{name: "canary"})
    assert named(found, "warning", "environment", f"did you mean `{meant}`?", "Correct the name")
    assert "canary" not in json.dumps(found)


def test_variables_that_are_right_or_somebody_elses_are_no_slips(well: Site) -> None:
    right = {
        "AWS_REGION": "us-east-1",
        "PGPORT": "5432",
        "PGDATA": "/x",
        "AWS_ENDPOINT_URL_STS": "x",
        "RUSTFS_BUCKET": well.bucket,
        "HOSTNAME": "h",
    }
    assert named(findings(well, **right), "ok", "environment", "no variable looks like a misspelt setting", "")


# --- database


def test_a_database_that_cannot_be_reached_is_named(well: Site) -> None:
    found = findings(well, 1, DATABASE_URL="postgresql://somebody:canary-secret@127.0.0.1:1/x")
    assert named(found, "error", "database", "The database cannot be reached", "Check DATABASE_URL")
    assert "canary-secret" not in json.dumps(found)


def test_no_database_is_named(well: Site) -> None:
    assert named(findings(well, 1, DATABASE_URL=None), "error", "database", "No database is named", "Set DATABASE_URL")


def test_a_database_that_does_not_exist_is_named(well: Site) -> None:
    url = f"{well.env['DATABASE_URL']}&dbname=nowhere"
    assert named(findings(well, 1, DATABASE_URL=url), "error", "database", "The database does not exist", "Create it")


def wrong(found: Found) -> list[str]:
    """Give what is wrong of the database."""
    return [what for level, area, what, _ in found if (level, area) == ("error", "database")]


def test_a_database_without_postgis_has_one_thing_wrong(well: Site, empty_url: str) -> None:
    found = findings(well, 1, DATABASE_URL=empty_url)
    assert named(found, "error", "database", "the database has no PostGIS extension", "fleetfeed migrate")
    assert len(wrong(found)) == 1


def test_a_database_that_was_never_migrated_has_one_thing_wrong(well: Site, empty_url: str) -> None:
    well.write(more=f'schedule = "0 6 * * *"\n[feeds.crq]\nsource = "s3://{well.bucket}/crq/"\n')
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION postgis")
    found = findings(well, 1, DATABASE_URL=empty_url)
    assert named(found, "error", "database", "The database is at revision none", "fleetfeed migrate")
    assert len(wrong(found)) == 1


def test_a_session_that_is_read_only_is_named(well: Site) -> None:
    read_only = "-c default_transaction_read_only=on"
    assert "The database is read-only" in well("run", "inc", "--apply", PGOPTIONS=read_only).err
    found = findings(well, 1, PGOPTIONS=read_only)
    assert named(found, "error", "database", "default_transaction_read_only is on", "Take it off the user")
    assert len(wrong(found)) == 1


def test_a_standby_is_named(well: Site) -> None:
    with postgres() as server:
        url = server.create_database("fleet")
        assert well("migrate", DATABASE_URL=url).code == 0
        server.stop()
        (server.data / "standby.signal").touch()
        server.start()
        found = findings(well, 1, DATABASE_URL=url)
    assert named(found, "error", "database", "the server is a standby", "Point DATABASE_URL at the primary server")
    assert len(wrong(found)) == 1


def test_a_table_that_somebody_altered_is_named(well: Site) -> None:
    well.rows("ALTER TABLE tickets.inc DROP COLUMN owner CASCADE")
    found = findings(well, 1)
    assert named(found, "error", "database", "The table of feed inc, or what derives from it", "fleetfeed migrate")


def test_a_user_without_rights_is_named(well: Site) -> None:
    found = findings(well, 1, PGOPTIONS="-c role=fleetfeed_reader")
    assert named(found, "error", "database", "who may not look at the tables", "GRANT fleetfeed_loader TO")
    assert len(wrong(found)) == 1


def test_a_right_that_a_run_needs_and_was_revoked_is_named(well: Site) -> None:
    loader = "-c role=fleetfeed_loader"
    well.rows("REVOKE INSERT, UPDATE ON tickets.inc FROM fleetfeed_loader")
    assert "permission denied for table inc" in well("run", "inc", "--apply", PGOPTIONS=loader).err
    found = findings(well, 1, PGOPTIONS=loader)
    reported = "we are fleetfeed_loader, who lacks INSERT, UPDATE on tickets.inc"
    assert named(found, "error", "database", reported, "Run `fleetfeed migrate` as a member of fleetfeed_owner")
    assert wrong(found) == [reported]
    found = findings(well)
    assert named(found, "warning", "database", "grant fleetfeed_loader what it lacks on 1 objects", "fleetfeed migrate")


def test_rights_that_migrate_could_not_settle_are_named(well: Site, empty_url: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as admin:
        user = f"plain_{admin.info.dbname}"
        admin.execute(f"CREATE ROLE {user}; CREATE EXTENSION postgis SCHEMA public".encode())
        admin.execute(f"GRANT CREATE ON DATABASE {admin.info.dbname} TO {user}".encode())
        plain = {"DATABASE_URL": empty_url, "PGOPTIONS": f"-c role={user}"}
        assert "An administrator may run" in well("migrate", **plain).out
        found = findings(well, **plain)
        assert named(found, "warning", "database", " objects", "prints for an administrator")
        assert named(found, "ok", "database", f"we are {user}, who may migrate and prune", "")
        admin.execute(f"DROP OWNED BY {user}; DROP ROLE {user}".encode())


def test_a_loader_that_was_given_nothing_yet_is_reported_who_gives_it(well: Site) -> None:
    well.rows("REVOKE ALL ON SCHEMA tickets FROM fleetfeed_loader")
    found = findings(well, 1, PGOPTIONS="-c role=fleetfeed_loader")
    assert named(
        found, "error", "database", "who may not look at the tables", "migrate` as a member of fleetfeed_owner"
    )
    assert len(wrong(found)) == 1


def test_a_reader_role_that_does_not_exist_is_named(well: Site) -> None:
    well.write(more='[database]\nreader_roles = ["no_such_readers"]\n')
    found = findings(well, 1)
    assert named(found, "error", "database", "reader_roles names no_such_readers", "Create the role")
    assert len(wrong(found)) == 1


def test_the_loader_may_load_and_no_more(well: Site) -> None:
    found = findings(well, PGOPTIONS="-c role=fleetfeed_loader")
    assert named(found, "ok", "database", "we are fleetfeed_loader, who may load and no more", "")


def test_a_pooler_that_drops_our_settings_is_named(well: Site) -> None:
    with pool(well.url, drops=True) as pooled:
        found = findings(well, 1, DATABASE_URL=pooled)
    assert named(found, "warning", "database", "drops the settings", "ignore_startup_parameters")


def test_a_pooler_in_transaction_mode_is_named(well: Site) -> None:
    with pool(well.url) as pooled:
        found = findings(well, 1, DATABASE_URL=pooled)
    assert named(found, "error", "database", "a connection pooler in transaction mode", "session mode")
