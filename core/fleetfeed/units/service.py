"""What a provider of positions is given: the newest CSV of its folder, and requests to its server."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from fleetfeed.errors import BucketError, NoPositions, UsageError
from fleetfeed.fleet import PositionSource
from fleetfeed.interfaces import Bucket
from fleetfeed.runtime.scratch import scratch
from fleetfeed.text.redact import plain
from fleetfeed.units import table

SECONDS = 10.0  # for connecting, and for each read
LONGEST = 10 << 20  # bytes of a response


class Service:
    """A provider's settings, its folder and its server."""

    def __init__(self, name: str, settings: PositionSource, open_bucket: Callable[[str], Bucket]) -> None:
        self.name, self.settings, self._open_bucket = name, settings, open_bucket

    def rows(self, needed: Sequence[str], others: Sequence[str] = ()) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield the rows of the newest CSV in the folder `source`, each with where it is. Raises NoPositions."""
        if not self.settings.source:
            raise self._lacks("source")
        try:
            name, content = self._newest(self._open_bucket(self.settings.source))
            yield from table.rows(content, name, needed, others)
        except (BucketError, UsageError) as error:
            raise NoPositions(error.cause, next_step=error.next_step) from None

    def records(self, path: str) -> list[dict[str, Any]]:
        """Get a JSON array of objects from `url`, with the token as bearer. Raises NoPositions."""
        if not self.settings.url:
            raise self._lacks("url")
        try:
            found = json.loads(self._get(path))
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, list) and all(isinstance(record, dict) for record in found):
            return found
        raise NoPositions(
            f"{self.name} answered {path} with no list of objects.", next_step=f"Check url in [positions.{self.name}]."
        )

    def _newest(self, bucket: Bucket) -> tuple[str, bytes]:
        listed = bucket.exports()
        if not listed:
            cause = f"There is no CSV in {bucket.url}, or only empty ones."
            raise NoPositions(cause, next_step="The next refresh looks again.")
        stored = listed[-1]
        name = stored.key.rpartition("/")[2]
        if stored.size > table.LARGEST:
            raise NoPositions(f"{name} is larger than {table.LARGEST >> 20} MB.")
        with scratch() as folder:
            bucket.fetch(stored, folder / "positions.csv")
            return name, (folder / "positions.csv").read_bytes()

    def _get(self, path: str) -> bytes:
        """Return the body of a response; no error holds the URL, whose query may hold a token."""
        import httpx

        from fleetfeed._version import __version__

        for library in ("httpx", "httpcore"):  # they log whole URLs
            logging.getLogger(library).setLevel(logging.WARNING)
        headers = {"User-Agent": f"fleetfeed/{__version__}", "Accept": "application/json"}
        if self.settings.token:
            headers["Authorization"] = f"Bearer {self.settings.token}"
        address, body = self.settings.url.rstrip("/") + path, bytearray()
        try:
            with httpx.stream("GET", address, headers=headers, timeout=SECONDS) as response:
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > LONGEST:
                        raise NoPositions(f"{self.name} answered with more than {LONGEST >> 20} MB.")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NoPositions(f"{self.name} cannot be reached ({type(error).__name__}).") from None
        if response.status_code != httpx.codes.OK:
            said = plain(" ".join(body[:200].decode("utf-8", "replace").split()))[:120]
            raise NoPositions(
                f"{self.name} answered {response.status_code}: {said or 'nothing'}.",
                next_step=self._way(response.status_code),
            )
        return bytes(body)

    def _way(self, status: int) -> str:
        if status in (401, 403):
            return f"Check the token: FLEETFEED_POSITIONS__{self.name.upper()}__TOKEN."
        return f"Check url in [positions.{self.name}], and whether that server is up."

    def _lacks(self, key: str) -> NoPositions:
        return NoPositions(
            f"{self.name} has no {key}.", next_step=f"Set {key} in [positions.{self.name}] of fleetfeed.toml."
        )
