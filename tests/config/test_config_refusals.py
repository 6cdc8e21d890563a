"""What is refused, in which words, and never with a value."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from fleetfeed.config.loader import load_settings
from fleetfeed.errors import ConfigError

Write = Callable[[str], Path]

REFUSALS = {
    'shedule = "canary"': "feeds.inc.shedule: unknown key; did you mean `schedule`?",
    'archve = "canary"': "feeds.inc.archve: unknown key; did you mean `archive`?",
    '[stor]\nregion = "canary"': "stor: unknown key; did you mean `store`?",
    '[store]\npassword = "canary"': "store.password: unknown key\n",
    '[geocoders.one]\nAPI_KEY = "canary"': "geocoders.one.API_KEY: unknown key; did you mean `api_key`?",
    '[feeds.inc.freshness]\nchecked = "canary"': (
        "feeds.inc.freshness.checked: unknown key; did you mean `checked_after`?"
    ),
    '"a\\nb" = "canary"': 'feeds.inc."a\\nb": unknown key',
    "[feeds.crq]": "feeds.crq.source: is missing",
    '[feeds.INC]\nsource = "s3://b/"': "feeds.INC: should be a name in lower-case letters, such as inc",
    '[store]\nregion = ["canary"]': "store.region: should be a valid string",
    '[store]\naddressing = "canary"': "store.addressing: should be 'path' or 'virtual'",
    '[store]\nendpoint_url = "canary"': "store.endpoint_url: should begin with https:// or http://",
    '[store]\nendpoint_url = "https://u:canary@h"': "store.endpoint_url: should hold no credentials",
    '[geocoders.one]\nhost = "https://h/?key=canary"': "geocoders.one.host: should hold no credentials",
    '[feeds.two]\nsource = "https://canary"': "feeds.two.source: should be s3://BUCKET/FOLDER/ or file:///FOLDER/",
    '[feeds.two]\nsource = "file://canary/x"': "feeds.two.source: should be s3://BUCKET/FOLDER/ or file:///FOLDER/",
    '[feeds.two]\nsource = "s3://"': "feeds.two.source: should be s3://BUCKET/FOLDER/ or file:///FOLDER/",
    '[feeds.two]\nsource = "s3://k:canary@b/x/"': "feeds.two.source: should hold no credentials: set RUSTFS_ACCESS_KEY",
    '[feeds.two]\nsource = "s3://k:ca/nary@b/x/"': "feeds.two.source: should hold no credentials",
    'archive = "s3://k:canary@b/x/"': "feeds.inc.archive: should hold no credentials",
    "archive = true": "feeds.inc.archive: should be s3://BUCKET/FOLDER/, file:///FOLDER/ or false",
    "archive = 5": "feeds.inc.archive: should be s3://BUCKET/FOLDER/, file:///FOLDER/ or false",
    'archive = "s3://tickets/automations/inc/"': "feeds.inc: archive and source should be two folders",
    '[feeds.crq]\nsource = "s3://tickets/automations/inc/"': "feeds: inc and crq should not have the same source",
    '[feeds.crq]\nsource = "s3://b/x/"\narchive = "s3://tickets/automations/inc/"': (
        "feeds: the archive of crq should not be the source of inc"
    ),
    '[executor]\nkind = "canary"': "executor.kind: should be 'serial', 'processes' or 'dask'",
    '[dispatch]\nprecise = ["canary"]': "dispatch.precise: should be one of venue, building, street",
    '[serve.tokens.van]\nrole = "canary"': "serve.tokens.van.role: should be 'viewer', 'dispatcher' or 'feeder'",
    '[executor]\nkind = "dask"': 'executor: kind = "dask" needs a scheduler, such as tls://HOST:8786',
    '[executor]\nscheduler = "canary"': "executor.scheduler: should be tls://HOST:PORT or tcp://HOST:PORT",
    '[executor]\nscheduler = "tls://canary:99999"': "executor.scheduler: should be tls://HOST:PORT or tcp://HOST:PORT",
    '[executor]\nscheduler = "tls://u:canary@h:1"': "executor.scheduler: should be tls://HOST:PORT",
    '[executor]\nscheduler = "tcp://canary:8786"': "executor.scheduler: should begin with tls://",
    "[executor]\nworkers = 0": "executor.workers: should be greater than 0",
    "[teams]\nmin_n = 0": "teams.min_n: should be greater than 0",
    "[bursts]\nhours = 0": "bursts.hours: should be greater than 0",
    "[bursts]\nhours = 169": "bursts.hours: should be less than or equal to 168",
    "[bursts]\nradius_m = 0.5": "bursts.radius_m: should be greater than or equal to 1",
    "[bursts]\nradius_m = 20_001.0": "bursts.radius_m: should be less than or equal to 20000",
    "[bursts]\nmin_tickets = 1": "bursts.min_tickets: should be greater than or equal to 2",
    "[bursts]\nmin_tickets = 1001": "bursts.min_tickets: should be less than or equal to 1000",
    "[bursts]\ntimes_usual = 0.9": "bursts.times_usual: should be greater than or equal to 1",
    "[bursts]\ntimes_usual = 1001.0": "bursts.times_usual: should be less than or equal to 1000",
    '[teams.aliases]\n"canary" = " "': "teams.aliases: should be pairs of names, none of them empty",
    '[teams.by_owner]\n"canary" = "A"\n" Canary" = "B"': "teams.by_owner: should name each spelling once",
    '[teams.aliases]\n"a" = "canary"\n"Canary" = "C"': "teams.aliases: should lead to a team that has no alias itself",
    'geocoders = "canary"': "feeds.inc.geocoders: should be a valid list",
    "geocoders = [5]": "feeds.inc.geocoders: should be a valid string",
    "max_reject_ratio = 1.5": "feeds.inc.max_reject_ratio: should be less than or equal to 1",
    "max_reject_ratio = nan": "feeds.inc.max_reject_ratio: should be",
    'max_reject_ratio = "0.5"': "feeds.inc.max_reject_ratio: should be a valid number",
    "freshness = 5": "feeds.inc.freshness: should be a table",
    'sla = "canary"': "feeds.inc.sla: should be a table",
    "sla.default = 0": "feeds.inc.sla.default: should be greater than 0",
    "sla.default = true": "feeds.inc.sla.default: should be a valid integer",
    'freshness.source_after = "canary"': "feeds.inc.freshness.source_after: should be a duration such as",
    'freshness.source_after = "0m"': "feeds.inc.freshness.source_after: should be a duration such as",
    "freshness.source_after = 26": "feeds.inc.freshness.source_after: should be a duration such as",
    '[database]\nurl = "mysql://canary"': "database.url: should be postgresql://USER@HOST/NAME, or",
    '[database]\nurl = "postgresql://u:canary@h/d"': (
        "database.url: a password does not belong into the file; set DATABASE_URL or FLEETFEED_DATABASE__URL instead"
    ),
    '[database]\nurl = "postgresql://u:can/ary@h/d"': "database.url: a password does not belong into the file",
    '[database]\nurl = "postgresql://u:can ary@h/d"': "database.url: a password does not belong into the file",
    '[database]\nurl = "postgresql://h/d?password=canary"': "database.url: a password does not belong into the file",
    '[database]\nurl = "host=h password=canary"': "database.url: a password does not belong into the file",
    '[store]\naccess_key = "canary"': (
        "store.access_key: a secret does not belong into the file; "
        "set RUSTFS_ACCESS_KEY or FLEETFEED_STORE__ACCESS_KEY instead"
    ),
    '[store]\nsecret_key = "canary"': "store.secret_key: a secret does not belong into the file; set RUSTFS_SECRET_KEY",
    "[store]\nsecret_key = 1234567890": "store.secret_key: a secret does not belong into the file",
    '[geocoders.one]\napi_key = "canary"': (
        "geocoders.one.api_key: a secret does not belong into the file; set FLEETFEED_GEOCODERS__ONE__API_KEY instead"
    ),
}


@pytest.mark.parametrize(
    ("text", "reported"), list(REFUSALS.items()), ids=[reported[:20] for reported in REFUSALS.values()]
)
def test_every_refusal(write: Write, text: str, reported: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(write(text), env={})
    assert f"\n  fleetfeed.toml: {reported}" in str(caught.value)
    assert caught.value.exit_code == 2
    whole = "".join(traceback.format_exception(caught.value))
    assert "1234567890" not in whole
    assert "ValidationError" not in whole
    assert "canary" not in whole
    assert caught.value.__context__ is None


def test_all_that_is_wrong_is_reported_at_once(write: Write) -> None:
    project = write('archve = 1\nsla.default = 0\n[store]\nsecret_key = "canary"\n')
    env = {"FLEETFEED_FEEDS__INC__MAX_REJECT_RATIO": "canary", "DATABASE_URL": "canary", "GEOCODER_API_KEY_FILE": "x"}
    with pytest.raises(ConfigError) as caught:
        load_settings(project, {"store.region": 5}, env)
    reported = str(caught.value)
    assert reported.startswith(f"{project / 'fleetfeed.toml'} and the environment cannot be used:\n")
    for problem in (
        "\n  fleetfeed.toml: feeds.inc.archve: unknown key",
        "\n  fleetfeed.toml: feeds.inc.sla.default: should be",
        "\n  fleetfeed.toml: store.secret_key: a secret",
        "\n  FLEETFEED_FEEDS__INC__MAX_REJECT_RATIO: feeds.inc.max_reject_ratio: should be a valid number",
        "\n  DATABASE_URL: database.url: should be",
        "\n  flag: store.region: should be a valid string",
    ):
        assert problem in reported
    assert "canary" not in reported


def test_a_secret_in_the_file_is_refused_even_where_the_environment_has_it(write: Write) -> None:
    with pytest.raises(ConfigError, match=r"store.secret_key: a secret does not belong"):
        load_settings(write('[store]\nsecret_key = "canary"'), env={"RUSTFS_SECRET_KEY": "other"})


@pytest.mark.parametrize("table", ["store", "database", "feeds", "geocoders"])
def test_a_value_in_the_place_of_a_table(tmp_path: Path, table: str) -> None:
    (tmp_path / "fleetfeed.toml").write_text(f'{table} = "canary"\n[project]\ntimezone = "UTC"')
    env = {"RUSTFS_REGION": "x", "DATABASE_URL": "embedded", "GEOCODER_API_KEY": "xxxx", "RUSTFS_BUCKET": "b"}
    with pytest.raises(ConfigError, match=f"fleetfeed.toml: {table}: should be a table"):
        load_settings(tmp_path, env=env)


@pytest.mark.parametrize("zone", ["Africa/Nairobbery", "", "../etc/passwd", "Africa"])
def test_a_zone_that_is_none(tmp_path: Path, zone: str) -> None:
    (tmp_path / "fleetfeed.toml").write_text(f'[project]\ntimezone = "{zone}"')
    with pytest.raises(ConfigError, match=r"project\.timezone: should be a time zone such as Europe/Vienna"):
        load_settings(tmp_path, env={})


@pytest.mark.parametrize(
    ("content", "reported"),
    [
        (b"", "fleetfeed.toml: project.timezone: is missing"),
        (b'[project]\ntimezone = "canary\n', "line 2"),
        (b"[project]\n[project]\n", "line 2"),
        (b'[project]\n\ntimezone = "\xffcanary"', "fleetfeed.toml, line 3: not UTF-8 text."),
    ],
)
def test_files_that_are_not_toml(tmp_path: Path, content: bytes, reported: str) -> None:
    (tmp_path / "fleetfeed.toml").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path, env={})
    assert str(tmp_path / "fleetfeed.toml") in str(caught.value)
    assert reported in str(caught.value)
    assert "canary" not in str(caught.value)
    assert caught.value.__context__ is None


def test_what_editors_of_windows_write(tmp_path: Path) -> None:
    (tmp_path / "fleetfeed.toml").write_bytes(b'\xef\xbb\xbf[project]\r\ntimezone = "UTC"\r\n')
    assert load_settings(tmp_path, env={}).settings.project.timezone == "UTC"


def test_a_project_without_a_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load_settings(tmp_path, env={})


_DEEP = "it has a key, or a list, of more than 32 levels."
TOO_MUCH = {
    "x = " + "[" * 50_000: _DEEP,
    "x = " + "[" * 33 + "]" * 33: _DEEP,
    "x = " + "{a = " * 300 + "1" + "}" * 300: _DEEP,
    ".".join("a" * 25_000) + " = 1": _DEEP,
    ".".join(['"a"'] * 15_000) + " = 1": _DEEP,
    " . ".join(["'a'"] * 10_000) + " = 1": _DEEP,
    "".join(f"a.b.k{number} = 1\n" for number in range(80_000)): "it is larger than 1,048,576 bytes.",
    "# " + "x" * 10_000_000: "it is larger than 1,048,576 bytes.",
}


@pytest.mark.parametrize(("text", "cause"), TOO_MUCH.items(), ids=range(len(TOO_MUCH)))
def test_what_a_parser_would_choke_on_is_refused_before(write: Write, text: str, cause: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_settings(write(text), env={})
    assert refused.value.cause.endswith(f"fleetfeed.toml: {cause}")


def test_long_texts_and_addresses_are_no_long_keys(write: Write) -> None:
    text = f'[feeds.two]\nsource = "s3://b/{".".join("a" * 30)}/{"x" * 10_000}/" # {". " * 1_000}\n'
    assert load_settings(write(text), env={}).settings.feeds["two"].source.startswith("s3://b/a.a")


def test_of_a_thousand_mistakes_fifty_are_reported(write: Write) -> None:
    with pytest.raises(ConfigError) as refused:
        load_settings(write("".join(f"k{number} = 1\n" for number in range(1_000))), env={})
    assert refused.value.cause.count("unknown key") == 50
    assert "… and 950 more" in refused.value.cause


def test_a_variable_of_brackets_is_no_list(write: Write) -> None:
    with pytest.raises(ConfigError, match=r"RATIO: feeds\.inc\.max_reject_ratio: should"):
        load_settings(write(""), env={"FLEETFEED_FEEDS__INC__MAX_REJECT_RATIO": "[" * 100_000})
