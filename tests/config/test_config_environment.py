"""Every alias, every *_FILE, and variables that are not settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr, TypeAdapter, ValidationError

from fleetfeed.config.keys import leaves
from fleetfeed.config.loader import Origin, database_url, load_settings
from fleetfeed.config.values import DatabaseUrl
from fleetfeed.errors import ConfigError

Write = Callable[[str], Path]

DATABASE: TypeAdapter[Any] = TypeAdapter(DatabaseUrl)
GEOCODERS = "[geocoders.locationiq]\n[geocoders.one]\n"

ALIASES = [
    ("DATABASE_URL", "database.url", "postgresql://u:canary@h/d"),
    ("RUSTFS_ENDPOINT", "store.endpoint_url", "https://rustfs:9000"),
    ("AWS_ENDPOINT_URL", "store.endpoint_url", "https://aws"),
    ("AWS_ENDPOINT_URL_S3", "store.endpoint_url", "https://aws-s3"),
    ("RUSTFS_REGION", "store.region", "eu-west-1"),
    ("RUSTFS_ACCESS_KEY", "store.access_key", "canary-access"),
    ("RUSTFS_SECRET_KEY", "store.secret_key", "canary-secret"),
    ("GEOCODER_API_KEY", "geocoders.locationiq.api_key", "canary-geo"),
]
SECRETS = [
    *(alias for alias in ALIASES if "canary" in alias[2]),
    ("FLEETFEED_DATABASE__URL", "database.url", "postgresql://u:canary@h/d"),
    ("FLEETFEED_STORE__ACCESS_KEY", "store.access_key", "canary-access"),
    ("FLEETFEED_STORE__SECRET_KEY", "store.secret_key", "canary-secret"),
    ("FLEETFEED_GEOCODERS__ONE__API_KEY", "geocoders.one.api_key", "canary-geo"),
]


def value(loaded: Any, key: str) -> Any:
    found = {".".join(path): value for path, value in leaves(loaded.settings)}[key]
    return found.get_secret_value() if isinstance(found, SecretStr) else found


@pytest.mark.parametrize(("name", "key", "text"), ALIASES)
def test_every_alias(write: Write, name: str, key: str, text: str) -> None:
    loaded = load_settings(write(GEOCODERS), env={name: text})
    assert value(loaded, key) == text
    assert loaded.origin[key] == Origin("environment", name)


@pytest.mark.parametrize(("name", "key", "text"), ALIASES)
def test_a_name_of_ours_wins_over_every_alias(write: Write, name: str, key: str, text: str) -> None:
    ours = "FLEETFEED_" + key.upper().replace(".", "__")
    other = text.replace("canary", "other").replace("https", "http").replace("eu-", "us-")
    assert value(load_settings(write(GEOCODERS), env={name: text, ours: other}), key) == other


@pytest.mark.parametrize(("name", "key", "text"), SECRETS)
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_every_secret_can_be_read_from_a_file(
    write: Write, tmp_path: Path, name: str, key: str, text: str, end: str
) -> None:
    (tmp_path / "secret").write_bytes((text + end).encode())
    loaded = load_settings(write(GEOCODERS), env={f"{name}_FILE": str(tmp_path / "secret")})
    assert value(loaded, key) == text
    assert loaded.origin[key] == Origin("environment", f"{name}_FILE")
    assert loaded.warnings == []


@pytest.mark.parametrize("name", [name for name, _, _ in SECRETS])
def test_a_secret_file_that_is_missing_is_reported_by_its_variable(write: Write, name: str) -> None:
    """Not by its path: people put the secret itself there."""
    with pytest.raises(ConfigError) as caught:
        load_settings(write(GEOCODERS), env={f"{name}_FILE": "canary-in-the-wrong-place"})
    assert f"{name}_FILE: the file it names cannot be used: No such file or directory" in str(caught.value)
    assert "canary" not in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "it is empty"), (b"\n", "it is empty"), (b"\xff\xfe", "it is not UTF-8 text")]
)
def test_a_secret_file_without_a_secret(write: Write, tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "secret").write_bytes(content)
    with pytest.raises(ConfigError, match=reason):
        load_settings(write(""), env={"DATABASE_URL_FILE": str(tmp_path / "secret")})


def test_a_secret_given_twice_is_refused(write: Write) -> None:
    env = {"RUSTFS_SECRET_KEY": "canary", "RUSTFS_SECRET_KEY_FILE": "/canary"}
    with pytest.raises(ConfigError, match="RUSTFS_SECRET_KEY is set too; keep one of them") as caught:
        load_settings(write(""), env=env)
    assert "canary" not in str(caught.value)


def test_only_secrets_are_read_from_files(write: Write) -> None:
    loaded = load_settings(write(""), env={"FLEETFEED_STORE__REGION_FILE": "/etc/hostname"})
    assert loaded.settings.store.region == "us-east-1"
    assert loaded.warnings[0].startswith("FLEETFEED_STORE__REGION_FILE is not a setting, and was ignored; did you mean")


def test_a_bucket_replaces_those_of_the_file_only(write: Write) -> None:
    project = write(
        'archive = "s3://old/inc"\n[feeds.crq]\nsource = "file:///crq"\n[feeds.chg]\nsource = "s3://x/chg/"'
    )
    env = {"RUSTFS_BUCKET": "mine", "FLEETFEED_FEEDS__CHG__SOURCE": "s3://kept/chg/"}
    loaded = load_settings(project, env=env)
    reported = {name: (feed.source, feed.archive_url) for name, feed in loaded.settings.feeds.items()}
    assert reported == {
        "inc": ("s3://mine/automations/inc/", "s3://mine/inc/"),
        "crq": ("file:///crq/", "file:///crq/processed/"),
        "chg": ("s3://kept/chg/", "s3://kept/chg/processed/"),
    }
    assert loaded.origin["feeds.inc.source"] == Origin("environment", "RUSTFS_BUCKET")


def test_a_bucket_that_is_none_is_refused(write: Write) -> None:
    with pytest.raises(ConfigError, match=r"RUSTFS_BUCKET: feeds\.inc\.source: should hold no credentials") as caught:
        load_settings(write(""), env={"RUSTFS_BUCKET": "user:canary@bucket"})
    assert "canary" not in str(caught.value)


def test_a_bucket_does_not_hide_the_credentials_it_would_replace(write: Write) -> None:
    project = write('[feeds.two]\nsource = "s3://k:canary@b/x/"')
    with pytest.raises(ConfigError, match=r"fleetfeed\.toml: feeds\.two\.source: should hold no credentials"):
        load_settings(project, env={"RUSTFS_BUCKET": "mine"})


@pytest.mark.parametrize(
    ("name", "warning"),
    [
        ("FLEETFEED_STORE__REGIN", "; did you mean `FLEETFEED_STORE__REGION`?"),
        (
            "FLEETFEED_FEEDS__INK__SOURCE",
            " (fleetfeed.toml has no [feeds.ink]); did you mean `FLEETFEED_FEEDS__INC__SOURCE`?",
        ),
        ("FLEETFEED_PROJEKT", "; did you mean `FLEETFEED_PROJECT`?"),
        ("FLEETFEED_XYZ", ""),
    ],
)
def test_a_variable_that_is_no_setting_is_a_warning(write: Write, name: str, warning: str) -> None:
    loaded = load_settings(write(""), env={name: "canary"})
    assert loaded.warnings == [f"{name} is not a setting, and was ignored{warning}"]


def test_variables_that_are_no_settings_but_ours(write: Write) -> None:
    assert load_settings(write(""), env={"FLEETFEED_PROJECT": "x"}).warnings == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("postgres://u@h/d", "postgresql://u@h/d"),
        ("postgresql://u@h/d", "postgresql://u@h/d"),
        ("postgresql+psycopg://u@h/d", "postgresql://u@h/d"),
        ("host=h dbname=d", "host=h dbname=d"),
        ("embedded", "embedded"),
    ],
)
def test_names_of_a_database(write: Write, given: str, expected: str) -> None:
    assert database_url(load_settings(write(""), env={"DATABASE_URL": given}).settings, {}) == expected
    assert database_url(load_settings(write(f'[database]\nurl = "{given}"'), env={}).settings, {}) == expected


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://h:5432,[::1]:5433/d?application_name=a@b/c",
        "postgresql://u:p?#:q@[::1]:5432/d?application_name=a@b",
        "postgresql://h?application_name=a/b@c",
        "postgresql://h:1?application_name=a/b@c",
        "postgresql:///d?host=/run/a@b",
    ],
)
def test_an_at_sign_where_libpq_reads_it_right_is_left_alone(write: Write, url: str) -> None:
    assert database_url(load_settings(write(""), env={"DATABASE_URL": url}).settings, {}) == url


@given(
    user=st.text("ab1:,?#@/%", max_size=4),
    password=st.text("ab1@/?#:%,[] ", max_size=8),
    path=st.sampled_from(["/db", "", "/db?application_name=a@b"]),
)
@example(user="u", password="Canary@Canary", path="/db")
def test_no_part_of_a_password_is_taken_for_a_host_or_a_database(user: str, password: str, path: str) -> None:
    url = f"postgresql://{user}:{password}-@host{path}"
    try:
        DATABASE.validate_python(url)
        read = conninfo_to_dict(url)
    except (ValidationError, psycopg.ProgrammingError):  # we refuse it, or libpq does
        return
    assert (read.get("host"), read.get("dbname", "db")) == ("host", "db")


@pytest.mark.parametrize("name", ["PGHOST", "PGSERVICE", "PGDATABASE"])
def test_libpq_may_know_the_database(write: Write, name: str) -> None:
    assert database_url(load_settings(write(""), env={}).settings, {name: "x"}) == ""


def test_no_database_at_all(write: Write) -> None:
    settings = load_settings(write(""), env={}).settings
    with pytest.raises(ConfigError) as caught:
        database_url(settings, {"PGHOST": ""})
    assert str(caught.value).startswith("No database is named.")
    assert 'Set DATABASE_URL, or url = "embedded" in [database]' in str(caught.value)
    assert caught.value.exit_code == 2
