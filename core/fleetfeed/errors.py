"""What can go wrong, by what to do about it.

FleetfeedError              expected: printed as cause, effect on the data and next step, without a traceback
├── UsageError              the command or the configuration is wrong; nothing was changed (exit 2)
│   ├── ConfigError         fleetfeed.toml or the environment
│   ├── PluginError         a plugin is broken, missing or named twice
│   └── InvalidArgument     a reading function rejects an argument
├── BucketError             a request to the bucket failed
│   ├── ObjectMissing       the object was listed, but is gone
│   ├── ObjectChanged       the object was overwritten since it was listed
│   └── ObjectCutShort      each attempt returned another number of bytes than was listed
├── DatabaseError           a statement or the connection failed
│   ├── SchemaBehind        `fleetfeed migrate` has to run first
│   └── CommitUnanswered    the connection broke at COMMIT: either everything is written, or nothing
├── NoScratch               there is no writable folder for temporary files, or no room in it
├── NoMemory                the machine has too little memory for an export
├── ExportRefused           an export cannot be trusted; nothing of it was loaded
├── BalanceBroken           counts do not add up: a bug of fleetfeed, rolled back
├── DeadlineExceeded        the run exceeded its deadline and was rolled back
├── GeocodingError          a provider gave no usable answer; the tickets stay as they are
│   ├── BadQuery            it rejects this query; other queries may work
│   ├── NotAuthorised       it rejects us: not called again in this run
│   ├── RateLimited         too many calls in this second, minute or day: retried afterwards
│   ├── GeocoderUnavailable it is down or too slow: retried, then left for a later run
│   └── NotUnderstood       its response has another format than expected
├── NoPositions             a provider gave no usable positions of units; the known ones stay
├── PluginFault             a plugin's hook raised, or returned an invalid value; the run of its feed is rolled back
├── NotDelivered                a notification could not be delivered; the run is not affected
├── NotRecorded              a notification was sent, but that could not be recorded: it may be sent again
└── UnexpectedError         a bug of fleetfeed or of a plugin
"""

from __future__ import annotations

from typing import Any, Literal


class FleetfeedError(Exception):
    """An expected error: its cause, its effect on the data, and the next step."""

    exit_code = 1

    def __init__(self, cause: str, *, effect: str = "Nothing was written.", next_step: str = "") -> None:
        super().__init__(cause)
        self.cause = cause
        self.effect = effect
        self.next_step = next_step

    def __str__(self) -> str:
        return " ".join(part for part in (self.cause, self.effect, self.next_step) if part)


class UsageError(FleetfeedError):
    """The command or its arguments are wrong."""

    exit_code = 2


class ConfigError(UsageError):
    """fleetfeed.toml or the environment is wrong."""


class PluginError(UsageError):
    """A plugin is broken, missing, or named twice."""


class InvalidArgument(UsageError):
    """A reading function rejects an argument; `next_step` is its hint."""


class BucketError(FleetfeedError):
    """A request to the bucket failed."""


class ObjectMissing(BucketError):
    """An object was listed, but is gone."""


class ObjectChanged(BucketError):
    """An object was overwritten since it was listed."""


class ObjectCutShort(BucketError):
    """Each attempt to read an object returned another number of bytes than was listed."""


class DatabaseError(FleetfeedError):
    """A statement or the connection failed."""

    sqlstate = ""  # empty if the server gave none
    server_text = ""  # the server's message, redacted
    retry = False  # whether a retry is expected to succeed


class SchemaBehind(DatabaseError):
    """The database differs from what the feeds declare: `fleetfeed migrate` has to run first."""


class CommitUnanswered(DatabaseError):
    """The connection broke at COMMIT: either everything is written, or nothing."""

    def __init__(self, cause: str) -> None:
        super().__init__(
            f"COMMIT was not answered. {cause}",
            effect="Either everything was written or nothing; which is unknown.",
            next_step="Run again: the ledger knows, and nothing is written twice.",
        )


class NoScratch(FleetfeedError):
    """There is no writable folder for temporary files, or no room in it."""

    def __init__(self, cause: str) -> None:
        super().__init__(
            cause,
            effect="What was not committed is rolled back.",
            next_step="Free space there, make /tmp writable, or set TMPDIR to a writable folder.",
        )


class NoMemory(FleetfeedError):
    """The machine has too little memory for an export."""

    def __init__(self, cause: str) -> None:
        super().__init__(
            cause,
            effect="What was not committed is rolled back.",
            next_step="Give the process more memory, or let the exporter write fewer columns or shorter cells.",
        )


class ExportRefused(FleetfeedError):
    """An export cannot be trusted; nothing of it was loaded."""

    snapshot: Any = None  # the export, if it was refused before the run had its snapshot

    def __init__(self, why: str, next_step: str = "") -> None:
        self.why, self.advice = why, next_step
        super().__init__(
            f"The export is refused: {why}.",
            effect="Nothing of it was loaded; the table and the bucket are as they were.",
            next_step=next_step
            or "Look at the export and at the exporter; the next complete export is loaded as usual.",
        )


class BalanceBroken(FleetfeedError):
    """The counts of a run do not add up."""


class DeadlineExceeded(FleetfeedError):
    """The run exceeded its deadline."""


class GeocodingError(FleetfeedError):
    """A provider gave no usable answer."""

    def __init__(self, cause: str, *, next_step: str = "The next geocoding asks again.") -> None:
        super().__init__(cause, effect="Tickets and known places stay as they are.", next_step=next_step)


class BadQuery(GeocodingError):
    """A provider rejects this query."""


class NotAuthorised(GeocodingError):
    """A provider rejects us: the key is missing, unknown or lacks the permission."""


class RateLimited(GeocodingError):
    """A provider was called too often in this second, minute or day."""

    def __init__(self, cause: str, window: Literal["second", "minute", "day"]) -> None:
        super().__init__(cause)
        self.window = window


class GeocoderUnavailable(GeocodingError):
    """A provider is down, cannot be reached, or takes too long."""


class NotUnderstood(GeocodingError):
    """A response has another format than expected: from another service, a proxy, or another version."""


class NoPositions(FleetfeedError):
    """A provider gave no usable positions of units: its file or response cannot be read, or there is none."""

    def __init__(self, cause: str, *, next_step: str = "The next refresh asks again.") -> None:
        super().__init__(cause, effect="Known positions stay as they are.", next_step=next_step)


class PluginFault(FleetfeedError):
    """A plugin's hook raised, or returned an invalid value."""

    def __init__(self, cause: str) -> None:
        super().__init__(
            cause,
            effect="What was not committed is rolled back; other feeds are not affected.",
            next_step="Fix the plugin, then run again; docs/plugins.md describes what each hook returns.",
        )


class NotDelivered(FleetfeedError):
    """A notification could not be delivered."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what} was not delivered: {why}.", effect="No run and no data is affected.")


class NotRecorded(FleetfeedError):
    """A notification was sent, but that could not be recorded, so it may be sent again."""

    def __init__(self, who: str, why: str) -> None:
        super().__init__(f"What {who} was sent could not be recorded: {why}", next_step="It may be sent again.")


class UnexpectedError(FleetfeedError):
    """A bug of fleetfeed or of a plugin."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(
            f"{type(error).__name__}: {error}.",
            effect="What was not committed is rolled back.",
            next_step="This is a fault of fleetfeed or of a plugin; please report it with the lines above.",
        )
        self.__cause__ = error


def as_expected(error: BaseException) -> FleetfeedError:
    """Return the error to report; one that is not a FleetfeedError becomes an UnexpectedError."""
    if isinstance(error, FleetfeedError):
        return error
    if isinstance(error, MemoryError):
        return NoMemory("There is not enough memory for this run.")
    return UnexpectedError(error)
