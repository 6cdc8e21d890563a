"""What hooks are given: Protocols, so that a plugin needs no module of the core but `fleetfeed`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from fleetfeed.geo import Geocoder
from fleetfeed.model import StoredObject, Ticket


class Bucket(Protocol):
    """A store of exports. Whatever it cannot do raises BucketError."""

    @property
    def url(self) -> str:
        """The folder it stands for, with a final slash and no secrets."""

    def exports(self) -> list[StoredObject]:
        """List the CSV files directly under the prefix that are not empty, the newest last."""

    def stat(self, key: str) -> StoredObject | None:
        """Look at one object; None when there is none.

        Its time may be cut to whole seconds, so compare only `etag` and `size` with those of a listing.
        """

    def fetch(self, stored: StoredObject, into: Path) -> str:
        """Download exactly the object that was listed and return the SHA-256 of its bytes, in hex.

        Raises ObjectMissing or ObjectChanged when the listing is out of date. `into` is written whole or not at all.
        """

    def key_for(self, name: str) -> str:
        """Return the key of a file directly under the prefix."""

    def copy_to(self, stored: StoredObject, archive: Bucket, key: str) -> None:
        """Copy within the store, and check that the copy is there.

        A folder refuses to overwrite what differs. S3 has no portable way to refuse, so ask `archive.stat(key)` first.
        """

    def delete(self, stored: StoredObject) -> None:
        """Delete an object; one that is not there is fine.

        Raises ObjectChanged when it is another one by now, as far as the store can tell.
        """


class Database(Protocol):
    """A connection to PostgreSQL. What the server refuses raises DatabaseError."""

    def execute(self, sql: str, values: Sequence[Any] | None = None) -> Any:
        """Run one statement and return its cursor; without `values` a `%` in it stays one."""

    def one(self, sql: str, values: Sequence[Any] | None = None) -> Any:
        """Return the first column of the first row, or None."""

    def all(self, sql: str, values: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        """Return all rows."""

    def transaction(self, *, keep: bool = True) -> AbstractContextManager[None]:
        """Open a transaction: committed at the end, rolled back with `keep=False` or on any exception."""


class Tickets(Protocol):
    """The new and changed tickets of an export, in the order of the file; each can be read once."""

    @property
    def keys_may_meet(self) -> bool:
        """Whether two rows may have become one ticket, so that the winner is known only at the end."""

    def __iter__(self) -> Iterator[Ticket]: ...

    def __next__(self) -> Ticket: ...


class Export(Protocol):
    """What an export says of tickets that are in the table already."""

    def vanished(self) -> Iterator[str]:
        """Yield the open tickets that it no longer lists; none where it may be incomplete. Read all `tickets` first."""

    def returned(self) -> Iterator[str]:
        """Yield the absent tickets that it lists again, unchanged."""


class Reply(Protocol):
    """What a geocoding service answered."""

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
        """Return an answer of status 200; else raise the GeocodingError that fits."""

    def places(self) -> list[dict[str, Any]]:
        """Read a JSON array of objects. Raises NotUnderstood."""

    def number(self, *path: str) -> int | None:
        """Read a whole number out of a JSON object; None where it has none there. Raises NotUnderstood."""


class Service(Protocol):
    """The way to a geocoding service: its settings, and requests to its host."""

    @property
    def name(self) -> str:
        """The name of the geocoder."""

    @property
    def settings(self) -> Geocoder:
        """What the geocoder declares, with what fleetfeed.toml says of it."""

    def get(self, path: str, params: Mapping[str, str]) -> Reply:
        """Ask the host once. Raises NotAuthorised without a host, GeocoderUnavailable where no answer comes in time."""
