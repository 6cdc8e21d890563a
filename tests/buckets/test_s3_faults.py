"""What a store may do wrong, and that none of it is taken for an empty bucket or a whole file."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fleetfeed.errors import BucketError, ObjectChanged, ObjectMissing
from fleetfeed.model import StoredObject
from tests.buckets.stores import open_s3
from tests.fault_server import Answer, Asked, entry, error, fault_server, listing

BODY = b"ticket_id,region\n" * 100
ETAG = hashlib.md5(BODY).hexdigest()  # noqa: S324
STORED = StoredObject(datetime(2026, 11, 23, tzinfo=UTC), "inc/a.csv", ETAG, len(BODY))
GOOD = Answer(BODY, headers={"ETag": f'"{ETAG}"'})
HTML = {"Content-Type": "text/html; charset=utf-8"}
CUT = [
    Answer(BODY[:500], headers=GOOD.headers, length=len(BODY)),
    Answer(BODY[:500], headers=GOOD.headers, length=None),
    Answer(BODY[:500], headers=GOOD.headers),
]
CUT_IDS = ["longer announced", "nothing announced", "shorter announced"]


@pytest.mark.parametrize(
    "page",
    [
        Answer(b"<html><body>Log in</body></html>", headers=HTML),
        Answer(b"<!doctype html><html><body>Log in<br></body></html>", headers=HTML),
        Answer(b"<Other><IsTruncated>false</IsTruncated></Other>"),
    ],
    ids=["HTML as XML", "HTML", "other XML"],
)
def test_what_is_no_listing_is_not_an_empty_bucket(page: Answer) -> None:
    with fault_server(lambda _: page) as server, pytest.raises(BucketError, match=r"not .*an S3 store"):
        open_s3(server.url).exports()


def test_a_listing_that_repeats_its_token_ends() -> None:
    page = listing(entry("inc/a.csv", 5), truncated=True, token="again")
    with fault_server(lambda _: page) as server:
        with pytest.raises(BucketError, match="does not come to an end"):
            open_s3(server.url).exports()
        assert [asked.query.get("continuation-token") for asked in server.asked] == [None, "again"]


def test_a_listing_that_forgets_its_token_is_not_whole() -> None:
    page = listing(entry("inc/a.csv", 5), truncated=True)
    with fault_server(lambda _: page) as server, pytest.raises(BucketError, match="does not come to an end"):
        open_s3(server.url).exports()


def test_an_export_without_a_time_is_an_error() -> None:
    page = listing(entry("inc/a.csv", 5, modified=""))
    with fault_server(lambda _: page) as server, pytest.raises(BucketError, match=r"no time for inc/a\.csv"):
        open_s3(server.url).exports()


@pytest.mark.parametrize("etag", ["ABC-2", '"abc-2"', "&quot;abc-2&quot;", "&amp;quot;abc-2&amp;quot;", 'W/"abc-2"'])
def test_every_spelling_of_an_etag_is_one(etag: str) -> None:
    with fault_server(lambda _: listing(entry("inc/a.csv", 5, etag))) as server:
        assert [stored.etag for stored in open_s3(server.url).exports()] == ["abc-2"]


def test_a_ghost_is_missing(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Answer:
        return error("NoSuchKey", 404) if asked.path.endswith(".csv") else listing(entry("inc/a.csv", 5, "abc"))

    with fault_server(answer) as server:
        bucket = open_s3(server.url)
        (ghost,) = bucket.exports()
        with pytest.raises(ObjectMissing, match=r"inc/a\.csv"):
            bucket.fetch(ghost, tmp_path / "spool")
        bucket.delete(ghost)
        assert bucket.stat(ghost.key) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("cut", CUT, ids=CUT_IDS)
def test_a_body_cut_short_is_read_again(tmp_path: Path, cut: Answer) -> None:
    answers = iter([cut, cut, GOOD])
    with fault_server(lambda _: next(answers)) as server:
        digest = open_s3(server.url).fetch(STORED, tmp_path / "spool")
    assert digest == hashlib.sha256(BODY).hexdigest()
    assert (tmp_path / "spool").read_bytes() == BODY


@pytest.mark.parametrize("cut", CUT, ids=CUT_IDS)
def test_a_body_cut_short_for_good_leaves_nothing(tmp_path: Path, cut: Answer) -> None:
    with fault_server(lambda _: cut) as server:
        with pytest.raises(BucketError, match=r"500 of its 1,700 bytes") as caught:
            open_s3(server.url).fetch(STORED, tmp_path / "spool")
        assert len(server.asked) == 3
    assert not isinstance(caught.value, ObjectChanged)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_fetch_keeps_what_lay_there(tmp_path: Path) -> None:
    (tmp_path / "spool").write_bytes(b"older")
    with fault_server(lambda _: CUT[0]) as server, pytest.raises(BucketError):
        open_s3(server.url).fetch(STORED, tmp_path / "spool")
    assert (tmp_path / "spool").read_bytes() == b"older"


def test_a_body_with_too_much_is_not_taken(tmp_path: Path) -> None:
    more = Answer(BODY * 2, headers=GOOD.headers, length=None)
    with fault_server(lambda _: more) as server, pytest.raises(BucketError, match="3,400 of its 1,700"):
        open_s3(server.url).fetch(STORED, tmp_path / "spool")


def test_an_answer_without_an_etag_counts_by_its_length(tmp_path: Path) -> None:
    answers = iter([Answer(BODY), Answer(BODY[:500])])
    with fault_server(lambda _: next(answers)) as server:
        bucket = open_s3(server.url)
        assert bucket.fetch(STORED, tmp_path / "spool") == hashlib.sha256(BODY).hexdigest()
        with pytest.raises(ObjectChanged):
            bucket.fetch(STORED, tmp_path / "spool")


@pytest.mark.parametrize("page", [b"<html>Log in</html>", b"x" * len(BODY)], ids=["shorter", "of the same size"])
def test_a_web_page_is_not_an_export(tmp_path: Path, page: bytes) -> None:
    with fault_server(lambda _: Answer(page, headers=HTML)) as server:
        bucket = open_s3(server.url)
        with pytest.raises(BucketError, match="a web page was sent"):
            bucket.fetch(STORED, tmp_path / "spool")
        with pytest.raises(BucketError, match="not one of an S3 store"):
            bucket.stat("inc/a.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_spool_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    with fault_server(lambda _: GOOD) as server, pytest.raises(BucketError, match="cannot be written"):
        open_s3(server.url).fetch(STORED, tmp_path / "no such folder" / "spool")


PAGE = Answer(b"<html>Log in</html>", headers=HTML)
SHORTER = Answer(headers={"ETag": '"abc"', "Last-Modified": "Mon, 23 Nov 2026 06:20:00 GMT"}, length=3)


@pytest.mark.parametrize(
    ("copied", "looked"),
    [(PAGE, error("404", 404)), (PAGE, PAGE), (Answer(b"<CopyObjectResult/>"), SHORTER)],
    ids=["not there", "a web page", "another size"],
)
def test_a_copy_that_did_not_arrive_is_an_error(copied: Answer, looked: Answer) -> None:
    with fault_server(lambda asked: looked if asked.method == "HEAD" else copied) as server:
        bucket, archive = open_s3(server.url), open_s3(server.url, prefix="inc/processed/")
        with pytest.raises(BucketError, match=r"not there|not one of an S3 store"):
            bucket.copy_to(STORED, archive, "inc/processed/a.csv")


def test_a_key_that_is_listed_twice_is_one_object() -> None:
    one, newer = entry("inc/a.csv", 5), entry("inc/a.csv", 7, modified="2026-11-24T00:00:00.000Z")
    first = listing(one, one, truncated=True, token="more")
    pages = {None: first, "more": listing(newer, one, entry("inc/b.csv", 5))}
    with fault_server(lambda asked: pages[asked.query.get("continuation-token")]) as server:
        found = open_s3(server.url).exports()
    assert sorted((stored.key, stored.size) for stored in found) == [("inc/a.csv", 7), ("inc/b.csv", 5)]


@pytest.mark.parametrize("modified", ["yesterday", "9999-99-99T00:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_a_time_that_nobody_can_read_is_the_fault_of_the_store(modified: str) -> None:
    page = listing(entry("inc/a.csv", 5, modified=modified))
    with fault_server(lambda _: page) as server, pytest.raises(BucketError, match="not one of an S3 store"):
        open_s3(server.url).exports()


def test_a_size_that_nobody_can_read_is_the_fault_of_the_store() -> None:
    page = listing(entry("inc/a.csv", 5))
    spoilt = Answer(page.body.replace(b"<Size>5</Size>", b"<Size>many</Size>"), headers=page.headers)
    assert spoilt.body != page.body
    with fault_server(lambda _: spoilt) as server, pytest.raises(BucketError, match="not one of an S3 store"):
        open_s3(server.url).exports()


def test_redirects_that_go_in_a_circle_come_to_an_end() -> None:
    def circle(asked: Asked) -> Answer:
        return Answer(status=307, headers={"Location": f"{server.url}{asked.path}", "x-amz-bucket-region": "eu-west-1"})

    with fault_server(circle) as server, pytest.raises(BucketError):
        open_s3(server.url).exports()
