"""Reports the settings: the file, and the sources of the most important values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fleetfeed.doctor import Finding

AREA = "settings"
_MATTER = ("database.url", "store.endpoint_url", "store.access_key", "project.timezone")


def settings(file: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Report the file, and the source of each value that decides where a run goes; `rows` as in `config show`."""
    yield Finding(AREA, "ok", f"{file} can be used")
    for row in rows:
        key = row["key"]
        if row["value"] not in (None, "") and (key in _MATTER or key.endswith((".source", ".api_key"))):
            name = f"{row['source']} {row['name']}".strip() if row["source"] != "file" else row["name"]
            yield Finding(AREA, "ok", f"{key} is {row['value']}, from {name}")
    if not any(row["key"].startswith("feeds.") for row in rows):
        hint = "Add [feeds.NAME] with its source; `fleetfeed init` writes a file that shows how."
        yield Finding(AREA, "error", "no feed is named, so that there is nothing to run", hint)
