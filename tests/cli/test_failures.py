"""What goes wrong is told as cause, effect and next step, and nothing is lost or half-written by it."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.cli.site import INBOX, Result, Site
from tests.fault_server import Answer, Asked, entry, fault_server, listing
from tests.kit import export, ticket

NOTHING = "effect: Nothing was written."
KEYS = "next:   Check RUSTFS_ACCESS_KEY and RUSTFS_SECRET_KEY, or the AWS profile or role."
ENDPOINT = "next:   Check endpoint_url of [store] (RUSTFS_ENDPOINT), and that the store is up."
LATER = "next:   The next run tries again; look at the store if it goes on."
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
    "next:   Look at the export and at the exporter; the next complete export is loaded as ever.",
)


def expect_failure(
    site: Site, *told: str, but: str = "", env: Mapping[str, str | None] = MappingProxyType({})
) -> Result:
    """See that a run fails with these words, as a person and as a program are told, and touches nothing."""
    with site.untouched(*but.split()):
        result = site("run", "inc", "--apply", **env)
        document = site("run", "inc", "--apply", "--json", **env)
    assert result.told == list(told)
    assert (result.code, document.code) == (1, 1)
    assert "Traceback" not in result.err
    error = document.run["error"]
    assert [error["cause"], error["effect"], error["next_step"]] == [text[8:] for text in told]
    for secret in filter(None, env.values()):
        assert "canary" not in secret or secret not in result.err + result.out + document.out + document.err
    return result


@pytest.mark.parametrize(("env", "cause", "next_step"), STORE)
def test_a_store_that_refuses_is_told(site: Site, env: dict[str, str | None], cause: str, next_step: str) -> None:
    loaded_before(site)
    site.put([ticket("INC2")])
    host = site.store.endpoint.url.removeprefix("http://")
    expect_failure(site, f"error:  {cause.format(host=host, bucket=site.bucket)}", NOTHING, next_step, env=env)


def test_a_store_that_cannot_be_reached_is_told(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        host = f"127.0.0.1:{taken.getsockname()[1]}"
    cause = f"error:  Bucket {site.bucket} at {host}: the store cannot be reached."
    expect_failure(site, cause, NOTHING, ENDPOINT, env={"RUSTFS_ENDPOINT": f"http://{host}"})


def test_a_listing_that_is_a_web_page_is_told(site: Site) -> None:
    page = Answer(b"<html><body>Please log in</body></html>", headers={"Content-Type": "text/html"})
    with fault_server(lambda _: page) as server:
        cause = f"error:  Bucket {site.bucket} at {server.url[7:]}: the answer is not a listing of an S3 store."
        expect_failure(site, cause, NOTHING, ENDPOINT, env={"RUSTFS_ENDPOINT": server.url})


BODY = export([ticket("INC1"), ticket("INC2")])
OLDER = export([ticket("INC7")])


@pytest.mark.parametrize("length", [len(BODY), None])
def test_a_body_that_is_cut_short_is_told_and_never_loaded(site: Site, length: int | None) -> None:
    def answer(asked: Asked) -> Answer:
        if "list-type" in asked.query:
            return listing(entry(f"{INBOX}export.csv", len(BODY), "abc"))
        return Answer(BODY[:500], headers={"ETag": '"abc"'}, length=length)

    with fault_server(answer) as server:
        cause = (
            "error:  The export is refused: it did not come as the store said "
            f"(Bucket {site.bucket} at {server.url[7:]}: automations/inc/export.csv came with 500 of its "
            f"{len(BODY):,} bytes, three times)."
        )
        expect_failure(site, cause, *REFUSED, env={"RUSTFS_ENDPOINT": server.url}, but="exports")
        assert len([asked for asked in server.asked if asked.path.endswith(".csv")]) == 6


def test_a_body_of_another_digest_than_the_store_said_is_refused(site: Site) -> None:
    etag = hashlib.md5(b"other bytes", usedforsecurity=False).hexdigest()

    def answer(asked: Asked) -> Answer:
        if "list-type" in asked.query:
            return listing(entry(f"{INBOX}export.csv", len(BODY), etag))
        return Answer(BODY, headers={"ETag": f'"{etag}"'})

    with fault_server(answer) as server:
        cause = (
            "error:  The export is refused: it did not come as the store said "
            f"(Bucket {site.bucket} at {server.url[7:]}: automations/inc/export.csv came with bytes of another digest "
            "than the store said, three times)."
        )
        expect_failure(site, cause, *REFUSED, env={"RUSTFS_ENDPOINT": server.url}, but="exports")


def test_an_object_replaced_between_list_and_get_is_listed_again_and_loaded(site: Site) -> None:
    """The first listing shows the object as it was; whoever gets it gets the new one."""
    listed: list[Asked] = []

    def answer(asked: Asked) -> Answer:
        if "list-type" in asked.query:
            listed.append(asked)
            size, etag = (999, "before") if len(listed) == 1 else (len(BODY), "after")
            return listing(entry(f"{INBOX}export.csv", size, etag))
        return Answer(BODY, headers={"ETag": '"after"'})

    with fault_server(answer) as server:
        run = site.at(server.url)("run", "inc", "--apply", "--no-archive", "--json").run
    assert (run["outcome"], run["snapshot"]["etag"], len(listed)) == ("loaded", "after", 2)
    assert site.tickets() == {"INC1": "open", "INC2": "open"}


def test_an_object_that_never_keeps_still_is_given_up_for_this_run(site: Site) -> None:
    def answer(asked: Asked) -> Answer:
        if "list-type" in asked.query:
            return listing(entry(f"{INBOX}export.csv", len(BODY), "before"))
        return Answer(BODY, headers={"ETag": '"after"'})

    with fault_server(answer) as server:
        where = f"Bucket {site.bucket} at {server.url[7:]}: automations/inc/export.csv"
        expect_failure(
            site,
            f"error:  The newest export kept changing while it was read: {where} was replaced after it was listed.",
            NOTHING,
            "next:   The exporter may be writing it still; the next run tries again.",
            env={"RUSTFS_ENDPOINT": server.url},
        )


def test_an_export_that_is_listed_but_gone_gives_way_to_the_next_newest(site: Site) -> None:
    ghost, real = f"{INBOX}ghost.csv", f"{INBOX}real.csv"

    def answer(asked: Asked) -> Answer:
        if "list-type" in asked.query:
            older = entry(real, len(OLDER), "abc", "2026-11-23T05:20:00.000Z")
            return listing(entry(ghost, 999, "def"), older)
        if asked.path.endswith("ghost.csv"):
            gone = b"<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>"
            return Answer(gone, 404, {"Content-Type": "application/xml"})
        return Answer(OLDER, headers={"ETag": '"abc"'})

    with fault_server(answer) as server:
        run = site.at(server.url)("run", "inc", "--apply", "--no-archive", "--json").run
    assert (run["outcome"], run["snapshot"]["key"]) == ("loaded", real)
    assert site.tickets() == {"INC7": "open"}


SWAP = """
from pathlib import Path
from fleetfeed import hookimpl

@hookimpl
def feed_filter(feed, row):
    Path({target!r}).write_bytes(Path({source!r}).read_bytes())
"""


def test_an_object_written_anew_while_it_is_loaded_stays_for_the_next_run(site: Site, tmp_path: Path) -> None:
    newer = tmp_path / "newer.csv"
    newer.write_bytes(export([ticket("INC1"), ticket("INC9")]))
    (site.folder / "feeds").mkdir()
    target = site.store.folder / site.bucket / INBOX / "export.csv"
    (site.folder / "feeds" / "swap.py").write_text(SWAP.format(target=str(target), source=str(newer)))
    site.write(more='plugins = ["swap"]\n')
    site.put([ticket("INC1")])
    first = site("run", "inc", "--apply", "--json")
    assert (first.code, first.run["outcome"], first.run["archived"]) == (0, "loaded", [])
    assert first.run["warnings"] == [
        "automations/inc/export.csv was written anew since it was read; it stays for the next run"
    ]
    assert target.read_bytes() == newer.read_bytes()
    site.write()
    assert site("run", "inc", "--apply", "--json").run["rows"]["inserted"] == 1
    assert list(site.objects()) == ["processed/export.csv"]


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
    assert result.told[0].endswith("the secret key is not that of the access key.")
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
    assert result.told == [
        "error:  KeyError: '***'.",
        "effect: What was not committed is rolled back.",
        "next:   This is a fault of fleetfeed or of a plugin; please report it with the lines above.",
    ]
    assert site.outcomes()[-1] == "failed"
