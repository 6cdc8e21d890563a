"""A feed whose rules can be mended, and its exports."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from tests.cli.site import Site
from tests.kit import export

# The feed that the tests mend: it refuses owners that its author did not foresee, until `mend` takes that out.
FEED = """
from dataclasses import replace
from fleetfeed import RowRejected, hookimpl
from feeds.inc import FEED as INC
FEED = replace(INC)

@hookimpl
def feed_normalise(feed, row):
    if (row.values.get("owner") or "").startswith("?"):
        raise RowRejected("unknown owner", row.values["owner"])
"""
NEWER = "2026-11-20 12:00:00"
NOW = datetime.now(UTC).replace(microsecond=0)


def mend(site: Site, hook: str = "") -> None:
    """Take the mistake out, or put a hook in its place."""
    text = FEED.partition("@hookimpl")[0] + hook if hook else FEED.replace('"?"', '"???"')
    (site.folder / "feeds" / "inc" / "__init__.py").write_text(text)


def load(site: Site, rows: list[dict[str, str]], more: bytes = b"", hours: int = 0) -> None:
    """Load an export that was written so many hours after the first; rclone keeps the times of files."""
    name = f"export{hours:02}.csv"
    site.put(export(rows) + more, name)
    moment = (NOW - timedelta(days=1) + timedelta(hours=hours)).timestamp()
    os.utime(site.store.folder / site.bucket / "automations" / "inc" / name, (moment, moment))
    result = site("run", "inc", "--apply", "--no-archive", "--allow-older")
    assert result.code == 0, result.err


def replay(site: Site, *args: str) -> list[tuple[str | None, str]]:
    result = site("rejects", "replay", *args, "--json")
    assert result.code == 0, result.err
    return [(record["ticket_id"], record["outcome"]) for record in result.document["records"]]


def rejects(site: Site) -> list[tuple[str | None, str | None]]:
    return site.rows("SELECT ticket_id, resolution FROM tickets.rejects ORDER BY reject_id")
