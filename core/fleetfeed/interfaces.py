"""The Protocols of hook arguments, so that a plugin imports only `fleetfeed`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from fleetfeed.fleet import PositionSource
from fleetfeed.geo import Geocoder
from fleetfeed.model import StoredObject, Ticket


class Bucket(Protocol):
    """A store of exports. All failures are raised as BucketError."""

    @property
    def url(self) -> str:
        """The URL of its folder, with a final slash and without secrets."""

    def exports(self) -> list[StoredObject]:
        """List the non-empty CSV files directly in the folder, newest last."""

    def stat(self, key: str) -> StoredObject | None:
        """Return the state of one object; None if it does not exist.

        Its time may be cut to whole seconds: to compare with a listing, use only `etag` and `size`.
        """

    def fetch(self, stored: StoredObject, into: Path) -> str:
        """Download exactly the object that was listed and return the SHA-256 of its bytes, in hex.

        Raises ObjectMissing or ObjectChanged if the listing is out of date. `into` is written completely or not at all.
        """

    def key_for(self, name: str) -> str:
        """Return the key of a file directly in the folder."""

    def copy_to(self, stored: StoredObject, archive: Bucket, key: str) -> None:
        """Copy within the store, and check that the copy exists.

        A folder refuses to overwrite other content. S3 cannot: check `archive.stat(key)` first.
        """

    def delete(self, stored: StoredObject) -> None:
        """Delete an object, if it exists.

        Raises ObjectChanged if it was replaced since it was listed, as far as the store can detect that.
        """


class Database(Protocol):
    """A connection to PostgreSQL. Errors of the server are raised as DatabaseError."""

    def execute(self, sql: str, values: Sequence[Any] | None = None) -> Any:
        """Run one statement and return its cursor; without `values`, a `%` in it needs no escape."""

    def one(self, sql: str, values: Sequence[Any] | None = None) -> Any:
        """Return the first column of the first row, or None."""

    def all(self, sql: str, values: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        """Return all rows."""

    def transaction(self, *, keep: bool = True) -> AbstractContextManager[None]:
        """Open a transaction: committed at the end, rolled back with `keep=False` or on any exception."""


class Tickets(Protocol):
    """The new and changed tickets of an export, in file order; they can be iterated over once."""

    @property
    def keys_may_meet(self) -> bool:
        """Whether two rows may have the same key after normalising: their winner is known only at the end."""

    def __iter__(self) -> Iterator[Ticket]: ...

    def __next__(self) -> Ticket: ...

    def copy_lines(self) -> Iterator[str]:
        """Yield the remaining tickets as lines for COPY, in any order; several times as fast as one by one."""


class Export(Protocol):
    """What an export implies for tickets that are already in the table."""

    def vanished(self) -> Iterator[str]:
        """Yield the open tickets that it no longer lists; none if it may be incomplete. Read all `tickets` first."""

    def returned(self) -> Iterator[str]:
        """Yield the absent tickets that it lists again, unchanged."""


class Reply(Protocol):
    """The response of a geocoding service."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def text(self) -> str:
        """The body."""

    @property
    def said(self) -> str:
        """The error message in it, or its beginning; short, on one line, without secrets."""

    def check(self) -> Reply:
        """Return the response if its status is 200; else raise the matching GeocodingError."""

    def places(self) -> list[dict[str, Any]]:
        """Return a JSON array of objects. Raises NotUnderstood."""

    def number(self, *path: str) -> int | None:
        """Return the integer at a path in a JSON object; None if there is none. Raises NotUnderstood."""


class Service(Protocol):
    """A geocoding service: its settings, and requests to its host."""

    @property
    def name(self) -> str:
        """The name of the geocoder."""

    @property
    def settings(self) -> Geocoder:
        """The geocoder's declared settings, overridden by fleetfeed.toml."""

    def get(self, path: str, params: Mapping[str, str]) -> Reply:
        """Send one request. Raises NotAuthorised without a host, GeocoderUnavailable if there is no answer in time."""


class PositionService(Protocol):
    """What a provider of positions needs: its settings, the rows of a CSV, requests to its server."""

    @property
    def name(self) -> str:
        """The name of the provider."""

    @property
    def settings(self) -> PositionSource:
        """The provider's table in fleetfeed.toml."""

    def rows(self, needed: Sequence[str], others: Sequence[str] = ()) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield the rows of the newest CSV in the folder `source`, each with where it is: `vans.csv, line 4`.

        Its header has the `needed` columns, and may have the `others`. Raises NoPositions.
        """

    def records(self, path: str) -> list[dict[str, Any]]:
        """Get a JSON array of objects from `url`, with the token as bearer. Raises NoPositions."""
