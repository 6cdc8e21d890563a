"""What doctor names of buckets, their stores and the disk."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest

from tests.cli.site import Site, Store
from tests.doctor.kit import findings, named
from tests.fault_server import Answer, Asked, entry, error, fault_server, listing
from tests.kit import ticket


def test_a_wrong_secret_key_is_named(well: Site) -> None:
    found = findings(well, 1, RUSTFS_SECRET_KEY="wrong-secret-key")
    assert named(found, "error", "bucket inc", "the secret key is not that of the access key", "RUSTFS_SECRET_KEY")


def test_credentials_that_are_nowhere_are_named(well: Site) -> None:
    found = findings(well, 1, RUSTFS_ACCESS_KEY=None, RUSTFS_SECRET_KEY=None)
    assert named(found, "error", "bucket inc", "there are no credentials", "RUSTFS_ACCESS_KEY")


def test_credentials_of_the_aws_chain_are_reported_by_their_source(well: Site) -> None:
    env = {"AWS_ACCESS_KEY_ID": well.env["RUSTFS_ACCESS_KEY"], "AWS_SECRET_ACCESS_KEY": well.env["RUSTFS_SECRET_KEY"]}
    found = findings(well, RUSTFS_ACCESS_KEY=None, RUSTFS_SECRET_KEY=None, **env)
    assert named(found, "ok", "bucket inc", "credentials come from AWS_ACCESS_KEY_ID", "")


def test_a_profile_that_does_not_exist_is_named_once(well: Site) -> None:
    found = findings(well, 1, RUSTFS_ACCESS_KEY=None, RUSTFS_SECRET_KEY=None, AWS_PROFILE="nope")
    assert [what for level, _, what, _ in found if level == "error"] == [
        f"The store at {well.env['RUSTFS_ENDPOINT'].partition('://')[2]}: "
        "the AWS profile that AWS_PROFILE names does not exist."
    ]


def test_a_bucket_that_is_not_there_is_named(well: Site) -> None:
    found = findings(well, 1, RUSTFS_BUCKET="no-such-bucket")
    assert named(found, "error", "bucket inc", "there is no such bucket", "RUSTFS_BUCKET")


def test_a_bucket_without_exports_is_named(site: Site) -> None:
    assert named(findings(site), "warning", "bucket inc", "holds no export", "Check the feed's source")


def test_a_bucket_whose_exports_are_all_processed_is_as_it_should_be(well: Site) -> None:
    assert well("run", "inc", "--apply").code == 0
    found = findings(well)
    assert named(found, "ok", "bucket inc", "all of its exports are processed", "")
    assert named(found, "ok", "bucket inc", "the newest export", "")


@pytest.mark.parametrize(
    ("limit", "reported"),
    [
        ("26h", "is 30.0 h old, more than 26 h"),
        ("24h", "is 30.0 h old, more than 24 h"),
        ("4m", " min old, more than 4 min"),
        ("90s", " s old, more than 90 s"),
    ],
)
def test_an_export_that_is_old_is_named_in_the_unit_of_the_setting(well: Site, limit: str, reported: str) -> None:
    well.write(more=f'[feeds.inc.freshness]\nsource_after = "{limit}"\n')
    old = (datetime.now(UTC) - timedelta(hours=30)).timestamp()
    os.utime(well.store.folder / well.bucket / "automations" / "inc" / "export.csv", (old, old))
    found = findings(well)
    assert named(found, "warning", "bucket inc", reported, "the exporter still runs")


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


def test_a_store_that_never_answers_holds_doctor_up_for_seconds(well: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = monotonic()
        done = well("doctor", RUSTFS_ENDPOINT=f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert monotonic() - started < 60
    assert done.code == 1
    assert "the store did not answer in time" in done.out


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


def test_a_tmpdir_that_is_not_there_is_named_with_the_folder_that_is_used(well: Site) -> None:
    found = findings(well, TMPDIR="/nowhere/at-all")
    assert named(found, "warning", "disk", f"cannot be written: {tempfile.gettempdir()} is used", "take TMPDIR away")
    assert not any("TMPDIR" in what for _, _, what, _ in findings(well, TMPDIR=tempfile.gettempdir()))


def test_no_room_for_temporary_files_is_reported_with_a_way_out(well: Site) -> None:
    for args in (["run", "inc", "--apply"], ["doctor"]):
        done = well.ended(well.process(*args, limit="-f 0"))
        reported = done.out + done.err
        assert done.code == 1
        assert "No folder for temporary files can be written: No usable temporary directory found in" in reported
        assert "Free space there, make /tmp writable, or set TMPDIR" in reported
        assert "please report" not in reported
        assert "Traceback" not in reported
    assert well.outcomes() == ["failed"]


def _store(size: int = 100, etag: str = "0" * 32) -> Callable[[Asked], Answer]:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def answer(asked: Asked) -> Answer:
        if "versioning" in asked.query or "versioning" in asked.path:
            return error("NotImplemented", 501)
        return listing(entry("automations/inc/export.csv", size, etag, now))

    return answer
