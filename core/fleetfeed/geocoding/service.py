"""HTTP requests to a provider's host; errors never contain the key. The only place that uses httpx."""

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

SECONDS = 10.0  # for connecting, and for each read; Calls limits the total
LONGEST = 1 << 20  # bytes of an answer
_CHECK_PROVIDER = "Look whether the provider is up; the next geocoding asks again."


@dataclass(frozen=True, slots=True)
class Reply:
    """A host's answer with any status."""

    status: int
    text: str
    name: str

    @property
    def said(self) -> str:
        """The error message in it, or its beginning; short, on one line, without secrets."""
        body = self._json()
        error = body.get("error") if isinstance(body, dict) else None
        error = error.get("message") if isinstance(error, dict) else error
        return plain(" ".join(str(error or self.text).split()))[:120]

    def check(self) -> Reply:
        """Return an answer of status 200; else raise the GeocodingError that fits."""
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
            raise GeocoderUnavailable(f"{what}.", next_step=_CHECK_PROVIDER)
        raise NotUnderstood(f"{what}.", next_step=f"Check the host in [geocoders.{self.name}].")

    def places(self) -> list[dict[str, Any]]:
        """Read a JSON array of objects, the format of Nominatim and compatible services. Raises NotUnderstood."""
        body = self._json()
        if isinstance(body, list) and all(isinstance(place, dict) for place in body):
            return body
        raise self._unexpected("list of places")

    def number(self, *path: str) -> int | None:
        """Read an integer from a JSON object; None if it has none there. Raises NotUnderstood."""
        found = self._json()
        if not isinstance(found, dict):
            raise self._unexpected("JSON object")
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, int) and not isinstance(found, bool) else None

    def _unexpected(self, expected: str) -> NotUnderstood:
        begin = plain(" ".join(self.text[:60].split()))
        return NotUnderstood(
            f"{self.name} answered with no {expected}, but with: {begin or 'nothing'}.",
            next_step=f"Check the host in [geocoders.{self.name}]: something else answers there.",
        )

    def _json(self) -> Any:
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):  # RecursionError: deeply nested brackets
            return None


class Service:
    """A geocoder's settings, and requests to its host."""

    def __init__(
        self, name: str, settings: Geocoder, *, transport: httpx.BaseTransport | None = None, seconds: float = SECONDS
    ) -> None:
        self.name, self.settings = name, settings
        self._transport, self._seconds = transport, seconds
        self._client: httpx.Client | None = None
        self._opening = threading.Lock()

    def get(self, path: str, params: Mapping[str, str]) -> Reply:
        """Send one request. Raises NotAuthorised without a host, GeocoderUnavailable if there is no answer in time."""
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
        """Close the connection, if open."""
        if self._client:
            self._client.close()

    def _open(self) -> httpx.Client:
        """Return the client, made on first use: importing httpx takes longer than many runs."""
        import httpx

        from fleetfeed._version import __version__

        with self._opening:
            if self._client is None:
                for name in ("httpx", "httpcore"):  # they log whole URLs, which contain the key
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
    """Raise httpx's errors as GeocodingError, without their text, which may contain the URL with the key."""
    import httpx

    try:
        yield
    except httpx.TimeoutException:
        raise GeocoderUnavailable(f"{name} took too long to answer.", next_step=_CHECK_PROVIDER) from None
    except httpx.TransportError as error:
        what = f"{name} cannot be reached ({type(error).__name__})."
        raise GeocoderUnavailable(what, next_step=_CHECK_PROVIDER) from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotUnderstood(f"{name} could not be asked or read ({type(error).__name__}).") from None
