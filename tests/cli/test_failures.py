"""What goes wrong is reported as cause, effect and next step, and nothing is lost or half-written by it."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from types import MappingProxyType

import pytest

from tests.cli.site import Result, Site
from tests.fault_server import Answer, fault_server
from tests.kit import export, ticket

NOTHING = "effect: Nothing was written."
KEYS = "next:   Check RUSTFS_ACCESS_KEY and RUSTFS_SECRET_KEY, or the AWS profile or role."
ENDPOINT = "next:   Check endpoint_url of [store] (RUSTFS_ENDPOINT), and that the store is up."
LATER = "next:   The next run tries again; if this recurs, check the store."
AGAIN = "next:   Run `fleetfeed migrate` (`--plan` shows what it will do)."
STORE = [
    (
        {"RUSTFS_BUCKET": "no-such-bucket"},
        "Bucket no-such-bucket at {host}: there is no such bucket.",
        "next:   Check the feed's source and archive, and RUSTFS_BUCKET.",
    ),
    (
        {"RUSTFS_ACCESS_KEY": None, "RUSTFS_SECRET_KEY": None},
        "The store at {host}: there are no credentials.",
        KEYS,
    ),
    (
        {"RUSTFS_SECRET_KEY": "a-canary-that-is-wrong"},
        "Bucket {bucket} at {host}: the secret key is not that of the access key.",
        KEYS,
    ),
    (
        {"RUSTFS_ACCESS_KEY": "nobody"},
        "Bucket {bucket} at {host}: the store does not know the access key.",
        KEYS,
    ),
]


def loaded_before(site: Site) -> None:
    site.put([ticket("INC1")], "before.csv")
    assert site("run", "inc", "--apply").code == 0


REFUSED = (
    "effect: Nothing of it was loaded; the table and the bucket are as they were.",
    "next:   Look at the export and at the exporter; the next complete export is loaded as usual.",
)


def expect_failure(
    site: Site, *reported: str, but: str = "", env: Mapping[str, str | None] = MappingProxyType({})
) -> Result:
    """See that a run fails with these words, for a person and for a program, and touches nothing."""
    with site.untouched(*but.split()):
        result = site("run", "inc", "--apply", **env)
        document = site("run", "inc", "--apply", "--json", **env)
    assert result.error_lines == list(reported)
    assert (result.code, document.code) == (1, 1)
    assert "Traceback" not in result.err
    error = document.run["error"]
    assert [error["cause"], error["effect"], error["next_step"]] == [text[8:] for text in reported]
    for secret in filter(None, env.values()):
        assert "canary" not in secret or secret not in result.err + result.out + document.out + document.err
    return result


@pytest.mark.parametrize(("env", "cause", "next_step"), STORE)
def test_a_store_that_refuses_is_reported(site: Site, env: dict[str, str | None], cause: str, next_step: str) -> None:
    loaded_before(site)
    site.put([ticket("INC2")])
    host = site.store.endpoint.url.removeprefix("http://")
    expect_failure(site, f"error:  {cause.format(host=host, bucket=site.bucket)}", NOTHING, next_step, env=env)


def test_a_store_that_cannot_be_reached_is_reported(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        host = f"127.0.0.1:{taken.getsockname()[1]}"
    cause = f"error:  Bucket {site.bucket} at {host}: the store cannot be reached."
    expect_failure(site, cause, NOTHING, ENDPOINT, env={"RUSTFS_ENDPOINT": f"http://{host}"})


def test_a_listing_that_is_a_web_page_is_reported(site: Site) -> None:
    page = Answer(b"<html><body>Please log in</body></html>", headers={"Content-Type": "text/html"})
    with fault_server(lambda _: page) as server:
        cause = f"error:  Bucket {site.bucket} at {server.url[7:]}: the answer is not a listing of an S3 store."
        expect_failure(site, cause, NOTHING, ENDPOINT, env={"RUSTFS_ENDPOINT": server.url})


def test_an_export_that_cannot_be_trusted_is_refused_and_stays_where_it_is(site: Site) -> None:
    loaded_before(site)
    site.put(export([ticket("INC2", location_name="X")]).replace(b"X", b'"X'))
    expect_failure(
        site,
        "error:  The export is refused: record 1 on line 2 opens a quote that is not closed.",
        *REFUSED,
        but="exports rejects",
    )
    assert site.outcomes() == ["loaded", "refused", "refused"]
    assert "export.csv" in site.objects()
    site.put([ticket("INC1"), ticket("INC2")], "next.csv")
    assert site("run", "inc", "--apply").code == 0
    assert site.tickets() == {"INC1": "open", "INC2": "open"}


def test_debug_shows_the_traceback_and_no_secret(site: Site) -> None:
    result = site("--debug", "run", "inc", "--apply", RUSTFS_SECRET_KEY="a-canary-that-is-wrong")
    assert "Traceback (most recent call last):" in result.err
    assert "botocore.exceptions.ClientError" in result.err
    assert result.error_lines[0].endswith("the secret key is not that of the access key.")
    assert "a-canary" not in result.err


BROKEN = """
from fleetfeed import hookimpl

@hookimpl
def feed_source(feed, bucket, ledger):
    import os
    raise KeyError(os.environ["RUSTFS_SECRET_KEY"])
"""


def test_a_fault_that_nobody_expected_has_a_traceback_and_no_secret(site: Site) -> None:
    loaded_before(site)
    (site.folder / "feeds").mkdir()
    (site.folder / "feeds" / "broken.py").write_text(BROKEN)
    site.write(more='plugins = ["broken"]\n')
    with site.untouched():
        result = site("run", "inc", "--apply")
    assert (result.code, result.out) == (1, "inc failed\n")
    assert "Traceback (most recent call last):" in result.err
    assert '    raise KeyError(os.environ["RUSTFS_SECRET_KEY"])' in result.err
    assert result.error_lines[0].startswith("error:  Plugin broken: `feed_source` raised KeyError: '***' (")
    assert result.error_lines[1:] == [
        "effect: What was not committed is rolled back; other feeds are not affected.",
        "next:   Fix the plugin, then run again; docs/plugins.md describes what each hook returns.",
    ]
    assert site.outcomes()[-1] == "failed"
