"""Each misconfiguration that is planted is named by doctor, with what to do about it; nothing hides anything else."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.locationiq import KEY, provider
from tests.cli.site import Site, Store
from tests.doctor.pool import pool
from tests.fault_server import Answer, Asked, entry, error, fault_server, listing
from tests.kit import ticket

TOML = "fleetfeed.toml"


@pytest.fixture(autouse=True)
def in_nairobi(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Go by the project's own time, unless a test says otherwise."""
    monkeypatch.setenv("TZ", "Africa/Nairobi")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def well(site: Site) -> Site:
    site.put([ticket("T1")])
    return site


def findings(site: Site, code: int = 0, /, **env: str | None) -> list[tuple[str, str, str, str]]:
    """Call doctor twice, for programs and for people; both must say the same."""
    found = site("doctor", "--json", **env)
    rows = [tuple(item[name] for name in ("level", "area", "what", "hint")) for item in found.document["findings"]]
    shown = site("doctor", **env)
    assert (found.code, shown.code, found.document["well"]) == (code, code, code == 0), shown.out
    assert shown.err == ""
    marks = {"✓": "ok", "!": "warning", "✗": "error"}
    assert [marks[line[0]] for line in shown.out.splitlines() if line[0] in marks] == [level for level, *_ in rows]
    return [(level, area, what, hint) for level, area, what, hint in rows]


def named(found: list[tuple[str, str, str, str]], level: str, area: str, what: str, hint: str) -> bool:
    """Tell whether there is such a finding; the message of the assertion shows all that is not well."""
    unwell = [item for item in found if item[0] != "ok"]
    assert any((item[0], item[1]) == (level, area) and what in item[2] and hint in item[3] for item in found), unwell
    return True


def test_a_site_that_is_well_has_nothing_wrong_and_says_what_was_looked_at(well: Site) -> None:
    found = findings(well)
    assert [item[2] for item in found if item[0] != "ok"] == [
        "we are fleetfeed, a superuser: far more than loading needs"
    ]
    areas = {area for _, area, *_ in found}
    assert areas == {
        *("settings", "environment", "plugins", "database", "bucket inc", "geocoder gazetteer", "zone", "disk")
    }
    assert named(found, "ok", "settings", "database.url is postgresql://", "")
    assert named(found, "ok", "bucket inc", "credentials come from RUSTFS_ACCESS_KEY", "")


def test_nothing_is_written_and_no_schema_is_made(well: Site) -> None:
    with well.untouched():
        findings(well)


def test_one_check_that_fails_stops_no_other(well: Site) -> None:
    well.write(more='geocoders = ["locationiq"]\nplugins = ["nobody"]\nschedule = "whenever"\n[geocoders.locationiq]\n')
    (well.folder / "feeds").mkdir()
    (well.folder / "feeds" / "crq.py").write_text("FEED = 1 / 0\n")
    found = findings(well, 1, DATABASE_URL="postgresql://127.0.0.1:1/x", RUSTFS_ENDPOINT="http://127.0.0.1:1")
    assert {(level, area) for level, area, *_ in found if level != "ok"} == {
        ("error", "database"),
        ("error", "bucket inc"),
        ("error", "plugins"),
        ("error", "zone"),
        ("warning", "geocoder locationiq"),
    }


# --- settings and environment -----------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_used_is_named_and_the_machine_is_looked_at_still(well: Site) -> None:
    well.write(more="sauce = 1\n")
    found = findings(well, 1, RUSTFS_ENDPIONT="x")
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
    right = {"AWS_REGION": "us-east-1", "PGPORT": "5432", "PGDATA": "/x", "RUSTFS_BUCKET": well.bucket, "HOSTNAME": "h"}
    assert named(findings(well, **right), "ok", "environment", "no variable looks like a misspelt setting", "")


# --- database ---------------------------------------------------------------------------------------------------------


def test_a_database_that_cannot_be_reached_is_named(well: Site) -> None:
    found = findings(well, 1, DATABASE_URL="postgresql://somebody:canary-secret@127.0.0.1:1/x")
    assert named(found, "error", "database", "The database cannot be reached", "Check DATABASE_URL")
    assert "canary-secret" not in json.dumps(found)


def test_no_database_is_named(well: Site) -> None:
    assert named(findings(well, 1, DATABASE_URL=None), "error", "database", "No database is named", "Set DATABASE_URL")


def test_a_database_that_does_not_exist_is_named(well: Site) -> None:
    url = f"{well.env['DATABASE_URL']}&dbname=nowhere"
    assert named(findings(well, 1, DATABASE_URL=url), "error", "database", "The database does not exist", "Create it")


def test_an_empty_database_lacks_postgis_and_tables(well: Site, empty_url: str) -> None:
    found = findings(well, 1, DATABASE_URL=empty_url)
    assert named(found, "error", "database", "the database has no PostGIS extension", "fleetfeed migrate")
    assert named(found, "error", "database", "The database is at revision none", "fleetfeed migrate")


def test_a_table_that_somebody_altered_is_named(well: Site) -> None:
    well.rows("ALTER TABLE tickets.inc DROP COLUMN owner CASCADE")
    found = findings(well, 1)
    assert named(found, "error", "database", "The table of feed inc, or what derives from it", "fleetfeed migrate")


def test_a_user_without_rights_is_named(well: Site) -> None:
    found = findings(well, 1, PGOPTIONS="-c role=fleetfeed_reader")
    assert named(found, "error", "database", "who may not write to the tables", "GRANT fleetfeed_loader TO")


def test_the_loader_may_load_and_no_more(well: Site) -> None:
    found = findings(well, PGOPTIONS="-c role=fleetfeed_loader")
    assert named(found, "ok", "database", "we are fleetfeed_loader, who may load and no more", "")


def test_a_pooler_in_transaction_mode_is_named(well: Site) -> None:
    with pool(well.url) as pooled:
        found = findings(well, 1, DATABASE_URL=pooled)
    assert named(found, "error", "database", "a connection pooler in transaction mode", "session mode")


# --- buckets ----------------------------------------------------------------------------------------------------------


def test_a_wrong_secret_key_is_named(well: Site) -> None:
    found = findings(well, 1, RUSTFS_SECRET_KEY="wrong-secret-key")
    assert named(found, "error", "bucket inc", "the secret key is not that of the access key", "RUSTFS_SECRET_KEY")


def test_credentials_that_are_nowhere_are_named(well: Site) -> None:
    found = findings(well, 1, RUSTFS_ACCESS_KEY=None, RUSTFS_SECRET_KEY=None)
    assert named(found, "error", "bucket inc", "there are no credentials", "RUSTFS_ACCESS_KEY")


def test_credentials_of_the_aws_chain_are_told_by_their_source(well: Site) -> None:
    env = {"AWS_ACCESS_KEY_ID": well.env["RUSTFS_ACCESS_KEY"], "AWS_SECRET_ACCESS_KEY": well.env["RUSTFS_SECRET_KEY"]}
    found = findings(well, RUSTFS_ACCESS_KEY=None, RUSTFS_SECRET_KEY=None, **env)
    assert named(found, "ok", "bucket inc", "credentials come from AWS_ACCESS_KEY_ID", "")


def test_a_bucket_that_is_not_there_is_named(well: Site) -> None:
    found = findings(well, 1, RUSTFS_BUCKET="no-such-bucket")
    assert named(found, "error", "bucket inc", "there is no such bucket", "RUSTFS_BUCKET")


def test_a_bucket_without_exports_is_named(site: Site) -> None:
    assert named(findings(site), "warning", "bucket inc", "holds no export", "Check the feed's source")


def test_an_export_that_is_old_is_named(well: Site) -> None:
    old = (datetime.now(UTC) - timedelta(hours=30)).timestamp()
    os.utime(well.store.folder / well.bucket / "automations" / "inc" / "export.csv", (old, old))
    found = findings(well)
    assert named(found, "warning", "bucket inc", "is 30.0 h old, more than 26 h", "the exporter still runs")


def test_versioning_is_named(new_site: Callable[[Store], Site], moto_store: Store) -> None:
    site = new_site(moto_store)
    site.put([ticket("T1")])
    moto_store.client.put_bucket_versioning(Bucket=site.bucket, VersioningConfiguration={"Status": "Enabled"})
    found = findings(site)
    assert named(found, "warning", "bucket inc", "versioning is on", "without versioning")


def test_an_archive_in_another_kind_of_store_is_named(well: Site) -> None:
    well.write(archive='"file:///archive/"')
    assert named(findings(well, 1), "error", "bucket inc", "is another kind of store", "to false")


def test_a_web_page_in_the_stores_place_is_named(well: Site) -> None:
    with fault_server(lambda _: Answer(b"<html>Log in</html>", 200, {"Content-Type": "text/html"})) as server:
        found = findings(well.at(server.url), 1)
    assert named(found, "error", "bucket inc", "the answer is not", "Check endpoint_url")


def test_a_store_whose_clock_differs_is_named(well: Site) -> None:
    with fault_server(_store()) as server:
        server.ahead = 120
        assert named(findings(well.at(server.url)), "warning", "bucket inc", "s ahead of this machine's", "NTP")
        server.ahead = -7200
        assert named(findings(well.at(server.url), 1), "error", "bucket inc", "s behind this machine's", "NTP")


def test_a_listing_without_etags_is_named(well: Site) -> None:
    with fault_server(_store(etag="")) as server:
        assert named(findings(well.at(server.url)), "warning", "bucket inc", "lists no ETags", "Nothing is lost")


def test_a_disk_too_small_for_the_newest_export_is_named(well: Site) -> None:
    with fault_server(_store(size=10**15)) as server:
        found = findings(well.at(server.url), 1)
    assert named(found, "error", "disk", "the newest export needs 4,000,000.0 GB", "TMPDIR")


# --- plugins and geocoders --------------------------------------------------------------------------------------------


def test_a_broken_plugin_is_named_with_its_line(well: Site) -> None:
    (well.folder / "feeds").mkdir()
    (well.folder / "feeds" / "odd.py").write_text("import nothing_of_this_name\n")
    found = findings(well, 1)
    assert named(found, "error", "plugins", "odd.py, line 1: ModuleNotFoundError", "Mend it")


def test_a_plugin_that_hides_a_bundled_one_is_named(well: Site) -> None:
    (well.folder / "feeds" / "inc").mkdir(parents=True)
    (well.folder / "feeds" / "inc" / "__init__.py").write_text("from feeds.inc import FEED\n")
    assert named(findings(well), "warning", "plugins", "hides the one that came along", "Keep it if that is meant")


def test_a_feed_without_a_plugin_is_named(well: Site) -> None:
    well.write(more='[feeds.inx]\nsource = "file:///exports/"\n')
    found = findings(well, 1)
    assert named(
        found, "error", "plugins", "inx is named in fleetfeed.toml, but there is no such plugin", "fleetfeed plugins"
    )


def test_a_geocoder_without_its_key_is_named(well: Site) -> None:
    well.write(more='geocoders = ["locationiq"]\n[geocoders.locationiq]\n')
    found = findings(well)
    assert named(found, "warning", "geocoder locationiq", "it has no api_key", "Set GEOCODER_API_KEY")


@pytest.mark.parametrize(
    ("answer", "level", "code", "what", "hint"),
    [
        (Answer(b'{"status":"ok","balance":{"day":4996,"bonus":0}}'), "ok", 0, "4,996 calls are left today", ""),
        (Answer(b'{"status":"ok","balance":{"day":0}}'), "warning", 0, "no call is left for today", "larger plan"),
        (Answer(b'{"error":"Invalid key"}', 401), "error", 1, "answered 401: Invalid key", "Check the key"),
        (Answer(b"", 500), "error", 1, "answered 500", "Look whether the provider is up"),
    ],
    ids=["enough", "none left", "refused", "down"],
)
def test_the_geocoders_account_is_told_and_never_its_key(
    well: Site, answer: Answer, level: str, code: int, what: str, hint: str
) -> None:
    with provider(well, lambda _: answer) as server:
        found = findings(well, code)
    assert named(found, level, "geocoder locationiq", what, hint)
    assert KEY not in json.dumps(found)
    assert {asked.path for asked in server.asked} == {"/v1/balance"}


# --- zone -------------------------------------------------------------------------------------------------------------


def test_a_machine_in_another_zone_is_told_the_line_that_its_cron_needs(well: Site) -> None:
    well.write(more='schedule = "*/20 6-20 * * *"\n')
    os.environ["TZ"] = "UTC"
    time.tzset()
    found = findings(well)
    assert named(found, "warning", "zone", "is meant in Africa/Nairobi", "has to say `*/20 3-17 * * *`")


@pytest.mark.parametrize(
    ("schedule", "hint"),
    [("0 1-4 * * *", "`0 1,22-23 * * *`"), ("0 1-4 * * 1", "Set TZ=Africa/Nairobi"), ("0 6 * * 1", "`0 3 * * 1`")],
)
def test_hours_that_pass_midnight_are_told_right(well: Site, schedule: str, hint: str) -> None:
    well.write(more=f'schedule = "{schedule}"\n')
    os.environ["TZ"] = "UTC"
    time.tzset()
    hint = hint.replace("`0 1,22-23", "`0 0-1,22-23")
    assert named(findings(well), "warning", "zone", "not in this machine's time", hint)


def test_a_scheduler_elsewhere_is_told_the_line_in_utc(well: Site) -> None:
    well.write(more='schedule = "*/20 6-20 * * *"\n')
    assert named(findings(well), "ok", "zone", "is right for a crontab of this machine", "UTC, as Coolify's does")


def test_runs_that_come_at_other_hours_than_the_schedules_are_named(well: Site) -> None:
    well.write(more='schedule = "*/20 6-20 * * *"\n')
    well("run", "inc", "--apply")
    hour = "date_trunc('day', now() AT TIME ZONE 'Africa/Nairobi') - interval '1 day' + interval '{} hours'"
    ran = (
        "INSERT INTO tickets.import_runs (feed, started_at, outcome, host, version) "
        f"SELECT 'inc', ({hour}) AT TIME ZONE 'Africa/Nairobi', 'unchanged', '', '' FROM generate_series(1, {{}})"
    )
    well.rows("DELETE FROM tickets.import_runs; " + ran.format(12, 20))
    well.rows(ran.format(22, 2))
    assert not any("runs of feed inc" in what for _, _, what, _ in findings(well))
    well.rows(ran.format(23, 1))
    what = "3 of the 23 runs of feed inc in the last 7 days came at hours (22, 23)"
    assert named(findings(well), "warning", "database", what, "another time zone")


def test_a_zone_that_is_none_is_named(well: Site) -> None:
    os.environ["TZ"] = "Africa/Nairobbi"
    time.tzset()
    assert named(findings(well, 1), "error", "zone", "TZ=Africa/Nairobbi is no time zone", "Set TZ=Africa/Nairobi")


def test_a_schedule_that_cannot_be_read_is_named(well: Site) -> None:
    well.write(more='schedule = "every hour"\n')
    assert named(findings(well, 1), "error", "zone", "The schedule 'every hour' cannot be read", "as cron does")


def _store(size: int = 100, etag: str = "0" * 32) -> Callable[[Asked], Answer]:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def answer(asked: Asked) -> Answer:
        if "versioning" in asked.query or "versioning" in asked.path:
            return error("NotImplemented", 501)
        return listing(entry("automations/inc/export.csv", size, etag, now))

    return answer
