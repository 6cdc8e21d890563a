"""Secrets do not reach a message or a log, however they are written there."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from fleetfeed.config.loader import load_settings
from fleetfeed.text import redact as redaction
from fleetfeed.text.escape import printable
from fleetfeed.text.redact import MASK, masked, parts, passwords, redact, remember

SECRET = st.text(st.characters(codec="utf-8", exclude_characters="*"), min_size=4, max_size=40)


AROUND = st.text(st.characters(codec="utf-8"), max_size=20)


_HOSTILE = (
    "://",
    "a:",
    ":",
    "@",
    "password=",
    "'",
    "\\",
    " ",
    "\n",
    "?key=",
    "api_key=",
    "X-Amz-Signature=",
    "a",
    "/",
    "&",
)


def _seconds(work: Callable[[str], object], text: str) -> float:
    """Take the shortest of three times: the others were disturbed."""
    times = []
    for _ in range(3):
        began = time.process_time()
        work(text)
        times.append(time.process_time() - began)
    return min(times)


@pytest.mark.parametrize("work", [redact, masked, lambda text: [*passwords(text)], printable])
@given(st.lists(st.sampled_from(_HOSTILE), min_size=1, max_size=6))
@example(["://", "a:"])
@example(["password='", "\\"])
@settings(max_examples=15, deadline=None)
def test_time_grows_with_hostile_text_and_no_faster(work: Callable[[str], object], pieces: list[str]) -> None:
    redaction._remembered.clear()
    remember("aaaaaaab")
    piece = "".join(pieces)
    short, long = _seconds(work, piece * 400), _seconds(work, piece * 6_400)
    assert long < 64 * max(short, 0.001)  # 16 times the text; what is quadratic takes 256 times as long


@given(st.text(st.sampled_from("ab:/@ '\"<?."), max_size=40))
def test_a_password_in_a_url_goes_on_to_the_last_at_sign(text: str) -> None:
    redaction._remembered.clear()
    tried = re.sub(r"""(://[^\s:/@"'<>]*:)([^\s"'<>]+)@""", rf"\1{MASK}@", text)  # the plain, but quadratic, way
    assert redact(text) == tried


@given(SECRET, AROUND, AROUND)
def test_a_remembered_secret_is_in_no_text(secret: str, before: str, after: str) -> None:
    redaction._remembered.clear()
    remember(secret)
    assert secret not in redact(before + secret + after)


@given(SECRET)
def test_a_remembered_secret_is_masked_in_every_encoding(secret: str) -> None:
    redaction._remembered.clear()
    remember(secret)
    encoded = [
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote(secret, safe="!$&'()*+,;=:@/?"),
        quote_plus(secret),
        quote(secret, safe="").replace("%2F", "%2f"),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
    ]
    for form in encoded:
        assert redact(form) == MASK


@given(st.lists(SECRET, max_size=4), AROUND)
def test_what_is_redacted_stays_as_it_is(known: list[str], text: str) -> None:
    redaction._remembered.clear()
    for secret in known:
        remember(secret)
    once = redact(text + "".join(known))
    assume(not any(secret in once for secret in known))  # pieces of one may stand beside pieces of another
    assert redact(redact(once)) == redact(once)


def test_a_secret_that_holds_another() -> None:
    remember("abcd")
    remember("abcdefgh")
    assert redact("abcdefgh abcd") == "*** ***"


def test_a_short_secret_does_not_eat_every_word() -> None:
    remember("in")
    remember("")
    assert redact("inside") == "inside"


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        ("at postgresql://u:pa@ss/w@host/db now", "at postgresql://u:***@host/db now"),
        ("redis://:pass@host", "redis://:***@host"),
        ("https://h:8080/path", "https://h:8080/path"),
        ("host=h password=abc user=u", "host=h password=*** user=u"),
        (r"password = 'a b\' c' user=u", "password = *** user=u"),
        ("PGPASSWORD=abc", "PGPASSWORD=***"),
        ("postgresql://h/d?user=u&password=abc&x=1", "postgresql://h/d?user=u&password=***&x=1"),
        ("https://h/search?key=pk.abc&q=x", "https://h/search?key=***&q=x"),
        ("https://h/search?q=x&api_key=pk.abc", "https://h/search?q=x&api_key=***"),
        ("https://h/x?X-Amz-Signature=abc123&y", "https://h/x?X-Amz-Signature=***&y"),
        ("key=automations/inc/a.csv", "key=automations/inc/a.csv"),
    ],
)
def test_what_looks_like_a_secret(text: str, reported: str) -> None:
    assert redact(text) == reported
    assert redact(reported) == reported


@pytest.mark.parametrize(
    ("dsn", "found"),
    [
        ("postgresql://u:p%40ss@h/d", {"p%40ss", "p@ss"}),
        ("postgresql://u@h/d", set()),
        ("postgresql://h:5432/d", set()),
        ("host=h password='it\\'s'", {"it\\'s", "it's"}),
        ("postgresql://h/d?password=a%20b", {"a%20b", "a b"}),
    ],
)
def test_passwords_of_a_dsn(dsn: str, found: set[str]) -> None:
    assert set(passwords(dsn)) == found


@pytest.mark.parametrize(
    ("address", "text", "reported"),
    [
        ("https://h.example/services/T0/B1/t0kenT0ken", "at https://h.example/services/T0/B1/t0kenT0ken!", "at ***!"),
        ("https://h.example/services/T0/B1/t0kenT0ken", "POST /services/T0/B1/t0kenT0ken HTTP", "POST *** HTTP"),
        (
            "https://h.example/services/T0/B1/t0kenT0ken",
            "t0kenT0ken of services at h.example",
            "*** of services at h.example",
        ),
        ("https://h.example/t%40kenT0ken/{feed}", "https://h.example/t%40kenT0ken/inc", "https://h.example***inc"),
        ("https://h.example/t%40kenT0ken/{feed}", "it is t@kenT0ken", "it is ***"),
        ("https://h.example/push?key=abcdefghijklmnop", "key: abcdefghijklmnop", "key: ***"),
        ("https://me:s3cr@h.example/push", "s3cr", "***"),
        ("https://h.example?t0ken1", "t0ken1", "***"),
        ("a-key-that-is-no-address", "a-key-that-is-no-address", "***"),
    ],
)
def test_an_address_that_holds_a_token_is_known_in_its_parts(address: str, text: str, reported: str) -> None:
    for part in parts(address):
        remember(part)
    assert redact(text) == reported


@pytest.mark.parametrize(
    ("dsn", "reported"),
    [
        ("embedded", "embedded"),
        ("postgresql://u:canary@h:5432/d?sslmode=require", "postgresql://u:***@h:5432/d"),
        ("postgresql://u@[::1]/d", "postgresql://u@[::1]/d"),
        ("postgresql://u:can ary@h/d", MASK),
        ("postgresql://u:can'ary@h/d", MASK),
        ("postgresql://one:1,two:2/d", "postgresql://one:1,two:2/d"),
        ("postgresql:///d?password=canary", "postgresql:///d"),
        ("postgresql://u:canary", MASK),
        ("host=h password=canary", MASK),
    ],
)
def test_a_database_is_reported_without_its_password(dsn: str, reported: str) -> None:
    assert masked(dsn) == reported


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_no_password_is_reported_with_its_database(password: str) -> None:
    reported = masked(f"postgresql://u:CANARY{password}CANARY@host/db")
    assert "CANARY" not in reported


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_the_password_of_a_url_is_found(password: str) -> None:
    found = set(passwords(f"postgresql://u:{password}@host/db"))
    assert password in found or password[1:-1] in found
    assert password in set(passwords(f"postgresql://u:{quote(password, safe='')}@host/db"))


def test_all_that_is_loaded_is_remembered(write: Callable[[str], Path]) -> None:
    env = {
        "DATABASE_URL": "postgres://u:data%40base@h/d",
        "RUSTFS_ACCESS_KEY": "access-canary",
        "RUSTFS_SECRET_KEY": "secret-canary",
        "GEOCODER_API_KEY": "pk.canary",
        "PGPASSWORD": "pg-canary",
        "AWS_SECRET_ACCESS_KEY": "aws-canary",
        "AWS_SESSION_TOKEN": "token-canary",
        "FLEETFEED_NOTIFY__WEBHOOK": "https://hooks.example.org/webhook-canary-1",
        "FLEETFEED_NOTIFY__PING": "https://push.example.org/ping-canary-1",
    }
    loaded = load_settings(write("[geocoders.locationiq]\n"), env=env)
    for secret in ("data%40base", "data@base", *list(env.values())[1:]):
        assert redact(f"<{secret}>") == "<***>"
    assert redact("embedded at h") == "embedded at h"
    shown = f"{loaded} {loaded.settings!r} {loaded.settings.model_dump()} {loaded.settings.model_dump_json()}"
    assert "canary" not in shown
    assert "base@" not in shown
