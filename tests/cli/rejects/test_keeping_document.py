"""What docs/keeping.md says can be done."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.cli.site import INBOX, Site, Store
from tests.kit import ROOT, export, ticket

DOCUMENT = (ROOT / "docs" / "keeping.md").read_text("utf-8")


def block(language: str, mark: str) -> str:
    """Give the one block of the document in this language that holds a text."""
    blocks = re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)
    (found,) = [text for text in blocks if mark in text]
    return str(found)


def test_a_store_takes_the_lifecycle_rule(new_site: Callable[[Store], Site], moto_store: Store) -> None:
    site = new_site(moto_store)
    rules: Any = json.loads(block("json", "fleetfeed-processed"))
    moto_store.client.put_bucket_lifecycle_configuration(Bucket=site.bucket, LifecycleConfiguration=rules)
    (rule,) = moto_store.client.get_bucket_lifecycle_configuration(Bucket=site.bucket)["Rules"]
    assert (rule["Filter"]["Prefix"], rule["Expiration"]["Days"]) == ("automations/inc/processed/", 400)


def test_the_retention_that_it_shows_can_be_used(site: Site) -> None:
    site.write(more=f"\n{block('toml', '[retention]')}")
    assert site("prune").code == 0
    reported = {row["key"]: row["value"] for row in site("config", "show", "--json").document["settings"]}
    assert (reported["retention.runs"], reported["retention.changes"]) == ("400d", "forever")


def by_the_page(site: Site, text: str) -> str:
    """Run what the page says, as a shell does, with the store as the remote that it names."""
    remote = {
        "TYPE": "s3",
        "PROVIDER": "Other",
        "ENDPOINT": site.store.endpoint.url,
        "ACCESS_KEY_ID": site.store.endpoint.access_key,
        "SECRET_ACCESS_KEY": site.store.endpoint.secret_key,
    }
    more = {f"RCLONE_CONFIG_STORE_{name}": value for name, value in remote.items()} | {"RCLONE_CONFIG": ""}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-e", "-u", "-c", text.replace("store:tickets/", f"store:{site.bucket}/")],
        cwd=site.folder,
        env={**os.environ, **site.env, **more, "PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_an_empty_database_is_filled_from_the_archive(empty_url: str, site: Site) -> None:
    closed = {"normalized_status": "closed", "closed_at": "2026-11-20 09:00:00"}
    site.put([ticket("T1"), ticket("T2")], "0 a  b.csv")
    assert site("run", "inc", "--apply").code == 0
    site.put(b"no,export,this\r\nis,not,one\r\n", "1 'no' $(touch owned).csv")
    assert site("run", "inc", "--apply").code == 1
    site.put([ticket("T1", owner="Ann"), ticket("T3")], "2-é.CSV")
    assert site("run", "inc", "--apply").code == 0
    site.put([ticket("T1", owner="Ann"), ticket("T3"), ticket("T4")], "3 superseded.csv")
    site.put([ticket("T1", **closed), ticket("T3")], "4.csv")
    assert site("run", "inc", "--apply").code == 0
    assert [key for key in site.objects() if not key.startswith("processed/")] == []
    seen = [site.rows(sql) for sql in SEEN]

    site.url = site.env["DATABASE_URL"] = empty_url
    reported = by_the_page(site, block("sh", "--file"))
    assert reported.endswith("processed:\n\nrefused:\n1 'no' $(touch owned).csv\n")
    assert (len([*(site.folder / "loaded").iterdir()]), (site.folder / "owned").exists()) == (4, False)
    assert [site.rows(sql) for sql in SEEN] == seen
    assert all(seen)
    step = site.rows("SELECT kind FROM tickets.ticket_changes WHERE ticket_id = 'T4' ORDER BY change_id")
    assert step == [("inserted",), ("absent",)]  # of the superseded export, which nobody had read


def test_the_restore_loop_stops_at_other_errors_and_can_be_repeated(empty_url: str, site: Site) -> None:
    for number in range(2):
        site.put([ticket("T1", owner=f"Ann {number}")], f"{number}.csv")
        assert site("run", "inc", "--apply").code == 0
    fetch, loop = block("sh", "--file").split("fleetfeed migrate\n")

    site.url = site.env["DATABASE_URL"] = empty_url
    assert by_the_page(site, fetch + loop).endswith("processed:\n0.csv\n1.csv\n\nrefused:\n")  # no table is there
    assert site("migrate").code == 0
    assert by_the_page(site, loop) == "processed:\n\nrefused:\n"
    assert site.rows("SELECT owner FROM tickets.inc") == [("Ann 1",)]


@pytest.mark.parametrize("name", ["rclone_store", "moto_store"])
def test_an_archived_export_has_its_own_time_where_the_page_says_so(
    new_site: Callable[[Store], Site], request: pytest.FixtureRequest, name: str
) -> None:
    site = new_site(request.getfixturevalue(name))
    written = datetime(2026, 11, 20, 6, tzinfo=UTC).timestamp()
    mtime = {"mtime": str(written)}  # as rclone writes it
    body = export([ticket("T1")])
    site.store.client.put_object(Bucket=site.bucket, Key=f"{INBOX}0.csv", Body=body, Metadata=mtime)
    assert site("run", "inc", "--apply").code == 0
    site.put([ticket("T1", owner="Ann")], "1.csv")
    if name == "rclone_store":
        os.utime(site.store.folder / site.bucket / INBOX / "1.csv", (written + 60, written + 60))
    assert site("run", "inc", "--apply", "--allow-older").code == 0
    by_the_page(site, block("sh", "--file").splitlines()[0])
    times = [os.stat(site.folder / "processed" / f"{number}.csv").st_mtime for number in range(2)]
    assert times[0] == written
    assert (times[1] == written + 60) == (name == "rclone_store")  # moto does as AWS: it is the time of the copy


SEEN = (
    "SELECT ticket_id, raw, absent_since IS NULL FROM tickets.inc WHERE ticket_id <> 'T4' ORDER BY 1",
    "SELECT ticket_id, kind, changed FROM tickets.ticket_changes WHERE ticket_id <> 'T4' ORDER BY change_id",
    "SELECT ticket_id, closed_at FROM tickets.closure_events ORDER BY 1",
)
