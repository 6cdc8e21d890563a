"""What doctor names of plugins, geocoders and the time zone."""

from __future__ import annotations

import json
import os
import shutil
import time

import pytest

from tests.cli.locationiq import KEY, provider
from tests.cli.site import Site
from tests.doctor.kit import findings, named
from tests.fault_server import Answer
from tests.kit import ROOT


def test_a_broken_plugin_is_named_with_its_line(well: Site) -> None:
    (well.folder / "feeds").mkdir()
    (well.folder / "feeds" / "odd.py").write_text("import nothing_of_this_name\n")
    found = findings(well, 1)
    assert named(found, "error", "plugins", "odd.py, line 1: ModuleNotFoundError", "Fix it")


def test_a_plugin_that_hides_a_bundled_one_is_named(well: Site) -> None:
    (well.folder / "feeds" / "inc").mkdir(parents=True)
    (well.folder / "feeds" / "inc" / "__init__.py").write_text("from feeds.inc import FEED\n")
    assert named(findings(well), "warning", "plugins", "hides the one that came along", "Keep it if it differs")


def test_a_project_that_is_the_checkout_hides_nothing(well: Site) -> None:
    shutil.copytree(ROOT / "feeds", well.folder / "feeds")
    shutil.copytree(ROOT / "geocoders", well.folder / "feeds", dirs_exist_ok=True)
    assert not any("hides" in what for _, area, what, _ in findings(well) if area == "plugins")
    with (well.folder / "feeds" / "locationiq.py").open("a") as file:
        file.write("# mine\n")
    (hides,) = [what for _, area, what, _ in findings(well) if area == "plugins" and "hides" in what]
    assert hides.startswith("locationiq (")


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
        (Answer(b"<html>Log in</html>"), "error", 1, "no JSON object, but with: <html>Log", "something else answers"),
    ],
    ids=["enough", "none left", "refused", "down", "a web page"],
)
def test_the_geocoders_account_is_reported_and_never_its_key(
    well: Site, answer: Answer, level: str, code: int, what: str, hint: str
) -> None:
    with provider(well, lambda _: answer) as server:
        found = findings(well, code)
    assert named(found, level, "geocoder locationiq", what, hint)
    assert KEY not in json.dumps(found)
    assert {asked.path for asked in server.asked} == {"/v1/balance"}


def test_a_machine_in_another_zone_gets_the_line_that_its_cron_needs(well: Site) -> None:
    well.write(more='schedule = "*/20 6-20 * * *"\n')
    os.environ["TZ"] = "UTC"
    time.tzset()
    found = findings(well)
    assert named(found, "warning", "zone", "is meant in Africa/Nairobi", "needs `*/20 3-17 * * *`")
    assert named(found, "warning", "zone", "is meant", "`TZ=` in a crontab does not change its hours")
    assert "`TZ=` in a crontab changes only what the command sees" in (ROOT / "docs" / "operations.md").read_text()


@pytest.mark.parametrize(
    ("schedule", "hint"),
    [
        ("0 1-4 * * *", "`0 0-1,22-23 * * *`"),
        ("0 1-4 * * 1", "give this machine the zone"),
        ("0 6 * * 1", "`0 3 * * 1`"),
    ],
)
def test_hours_that_pass_midnight_are_reported_right(well: Site, schedule: str, hint: str) -> None:
    well.write(more=f'schedule = "{schedule}"\n')
    os.environ["TZ"] = "UTC"
    time.tzset()
    assert named(findings(well), "warning", "zone", "not in this machine's time", hint)


def test_no_line_is_reported_that_is_right_for_half_a_year_only(well: Site) -> None:
    well.write(more='schedule = "*/20 6-20 * * *"\n')
    toml = well.folder / "fleetfeed.toml"
    toml.write_text(toml.read_text().replace("Africa/Nairobi", "America/New_York"))
    well("migrate", "--allow-destructive")  # the times of INC are in the project's zone
    os.environ["TZ"] = "UTC"
    time.tzset()
    found = findings(well)
    assert named(found, "warning", "zone", "is meant in America/New_York", "the zone America/New_York (timedatectl)")
    os.environ["TZ"] = "America/New_York"
    time.tzset()
    assert not any("uses UTC" in hint for _, _, _, hint in findings(well))


def test_a_scheduler_elsewhere_is_reported_the_line_in_utc(well: Site) -> None:
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


@pytest.mark.parametrize(
    ("schedule", "more", "level", "what", "hint"),
    [
        (
            "10 6-20 * * *",
            "",
            "warning",
            "leaves up to 60 min of its hours between two runs, and after 60 min",
            '"150m"',
        ),
        ("10 6-20 * * *", '[feeds.inc.freshness]\nchecked_after = "150m"\n', "ok", "comes after 150 min", ""),
        ("*/20 6-20 * * *", "", "ok", "leaves up to 20 min of its hours between two runs; the alarm", ""),
        ("0 6 1 * *", "", "warning", "leaves up to 1,860 min", '"3750m"'),
    ],
)
def test_an_alarm_that_comes_before_the_next_run_is_named(
    well: Site, schedule: str, more: str, level: str, what: str, hint: str
) -> None:
    well.write(more=f'schedule = "{schedule}"\n{more}')
    assert named(findings(well), level, "schedule", what, hint)


def test_two_zones_that_agree_for_half_a_year_are_named(well: Site) -> None:
    well.write(more='schedule = "*/20 6-20 * * *"\n')
    toml = well.folder / "fleetfeed.toml"
    toml.write_text(toml.read_text().replace("Africa/Nairobi", "Africa/Lagos"))
    well("migrate", "--allow-destructive")
    os.environ["TZ"] = "Europe/Berlin"
    time.tzset()
    assert named(findings(well), "warning", "zone", "is meant in Africa/Lagos", "No crontab line can express that here")


def test_a_schedule_that_cannot_be_read_is_named_with_its_feed(well: Site) -> None:
    well.write(more='schedule = "every hour"\n')
    reported = "The schedule 'every hour' of feed inc cannot be read"
    assert named(findings(well, 1), "error", "schedule", reported, "as cron does")
