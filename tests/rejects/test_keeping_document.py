"""What docs/keeping.md tells to do can be done."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from typing import Any

from tests.cli.site import Site, Store
from tests.kit import ROOT, ticket

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
    told = {row["key"]: row["value"] for row in site("config", "show", "--json").document["settings"]}
    assert (told["retention.runs"], told["retention.changes"]) == ("400d", "forever")


def test_an_empty_database_is_filled_from_the_archive(site: Site, empty_url: str) -> None:
    for number, rows in enumerate(
        (
            [ticket("T1"), ticket("T2")],
            [ticket("T1", owner="Ann"), ticket("T3")],
            [ticket("T1", normalized_status="closed", closed_at="2026-11-20 09:00:00"), ticket("T3")],
        )
    ):
        site.put(rows, f"{number}.csv")
        assert site("run", "inc", "--apply").code == 0
    seen = [site.rows(sql) for sql in SEEN]

    assert block("sh", "--file").splitlines()[0] == "fleetfeed migrate"
    processed = site.store.folder / site.bucket / "automations" / "inc" / "processed"
    site.url = site.env["DATABASE_URL"] = empty_url
    assert site("migrate").code == 0
    for path in sorted(processed.glob("*.csv"), key=os.path.getmtime):
        assert site("run", "inc", "--file", str(path), "--apply").code == 0
    assert [site.rows(sql) for sql in SEEN] == seen
    assert seen[0]


SEEN = (
    "SELECT ticket_id, raw, absent_since IS NULL FROM tickets.inc ORDER BY 1",
    "SELECT ticket_id, kind, changed FROM tickets.ticket_changes ORDER BY change_id",
    "SELECT ticket_id, closed_at FROM tickets.closure_events ORDER BY 1",
)
