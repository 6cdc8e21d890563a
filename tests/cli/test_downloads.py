"""An export that goes wrong, is replaced or goes away on its way from the bucket."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.cli.site import INBOX, Site
from tests.cli.test_failures import NOTHING, REFUSED, expect_failure
from tests.fault_server import Answer, Asked, entry, fault_server, listing
from tests.kit import export, ticket

BODY = export([ticket("INC1"), ticket("INC2")])
OLDER = export([ticket("INC7")])


@pytest.mark.parametrize("length", [len(BODY), None])
def test_a_body_that_is_cut_short_is_reported_and_never_loaded(site: Site, length: int | None) -> None:
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
            "than the store reported, three times)."
        )
        expect_failure(site, cause, *REFUSED, env={"RUSTFS_ENDPOINT": server.url}, but="exports")


def test_an_object_replaced_after_the_listing_is_listed_again(site: Site) -> None:
    """The first listing shows the object as it was; a GET returns the new one."""
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
