"""The way to a provider's host: requests, answers, and errors that never hold the key.

The only place where httpx is used, and where its exceptions become fleetfeed's.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fleetfeed.errors import BadQuery, GeocoderUnavailable, NotAuthorised, NotUnderstood, RateLimited
from fleetfeed.geo import Geocoder
from fleetfeed.text.redact import plain

if TYPE_CHECKING:
    import httpx

SECONDS = 10.0  # for connecting, and for each part of an answer; Calls bounds the whole
LONGEST = 1 << 20  # bytes of an answer
_PATIENCE = "Look whether the provider is up; the next geocoding asks again."


@dataclass(frozen=True, slots=True)
class Reply:
    """Hold what a host answered, whatever it is."""

    status: int
    text: str
    name: str

    @property
    def said(self) -> str:
        """What it says of an error, cut short; the text of `{"error": …}` if it is such."""
        body = self._json()
        said = body.get("error") if isinstance(body, dict) else None
        said = said.get("message") if isinstance(said, dict) else said
        return plain(" ".join(str(said or self.text).split()))[:120]

    def check(self) -> Reply:
        """Pass on an answer of status 200; else raise the GeocodingError that says what to do about it."""
        what = f"{self.name} answered {self.status}: {self.said}"
        if self.status == 200:
            return self
        if self.status in (400, 414, 422):
            raise BadQuery(f"{what}.")
        if self.status in (401, 402, 403):
            raise NotAuthorised(f"{what}.", next_step=f"Check the key and the plan of {self.name}.")
        if self.status == 429:
            raise RateLimited(f"{what}.", "minute")
        if self.status >= 500 or self.status == 408:
            raise GeocoderUnavailable(f"{what}.", next_step=_PATIENCE)
        raise NotUnderstood(f"{what}.", next_step=f"Check the host in [geocoders.{self.name}].")

    def places(self) -> list[dict[str, Any]]:
        """Read a JSON array of objects, the form of Nominatim and all that follow it. Raises NotUnderstood."""
        body = self._json()
        if isinstance(body, list) and all(isinstance(place, dict) for place in body):
            return body
        raise self._no("list of places")

    def number(self, *path: str) -> int | None:
        """Read a whole number out of a JSON object; None where it has none there. Raises NotUnderstood."""
        found = self._json()
        if not isinstance(found, dict):
            raise self._no("JSON object")
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, int) and not isinstance(found, bool) else None

    def _no(self, expected: str) -> NotUnderstood:
        begin = plain(" ".join(self.text[:60].split()))
        return NotUnderstood(
            f"{self.name} answered with no {expected}, but with: {begin or 'nothing'}.",
            next_step=f"Check the host in [geocoders.{self.name}]: something else answers there.",
        )

    def _json(self) -> Any:
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):  # the second one of a million brackets
            return None


class Service:
    """Give a geocoder its settings, and let it ask its host."""

    def __init__(
        self, name: str, settings: Geocoder, *, transport: httpx.BaseTransport | None = None, seconds: float = SECONDS
    ) -> None:
        self.name, self.settings = name, settings
        self._transport, self._seconds = transport, seconds
        self._client: httpx.Client | None = None
        self._opening = threading.Lock()

    def get(self, path: str, params: Mapping[str, str]) -> Reply:
        """Ask the host once. Raises NotAuthorised without one, GeocoderUnavailable where no answer comes in time."""
        if not self.settings.host:
            raise NotAuthorised(f"{self.name} has no host.", next_step=f"Set host in [geocoders.{self.name}].")
        body = bytearray()
        with _translated(self.name), self._open().stream("GET", path, params=dict(params)) as response:
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > LONGEST:
                    raise NotUnderstood(f"{self.name} answered with more than {LONGEST:,} bytes.")
        return Reply(response.status_code, body.decode("utf-8", "replace"), self.name)

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._client:
            self._client.close()

    def _open(self) -> httpx.Client:
        """Make the client when it is first needed: importing httpx takes longer than many a run."""
        import httpx

        from fleetfeed._version import __version__

        with self._opening:
            if self._client is None:
                for name in ("httpx", "httpcore"):  # they log whole URLs, and the key is part of them
                    logging.getLogger(name).setLevel(logging.WARNING)
                self._client = httpx.Client(
                    base_url=self.settings.host,
                    transport=self._transport,
                    timeout=self._seconds,
                    headers={"User-Agent": f"fleetfeed/{__version__}", "Accept": "application/json"},
                )
            return self._client


@contextmanager
def _translated(name: str) -> Iterator[None]:
    """Raise httpx's errors as GeocodingError, without their text: it may hold the URL, and so the key."""
    import httpx

    try:
        yield
    except httpx.TimeoutException:
        raise GeocoderUnavailable(f"{name} took too long to answer.", next_step=_PATIENCE) from None
    except httpx.TransportError as error:
        what = f"{name} cannot be reached ({type(error).__name__})."
        raise GeocoderUnavailable(what, next_step=_PATIENCE) from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotUnderstood(f"{name} could not be asked or read ({type(error).__name__}).") from None
