"""What can go wrong, by what to do about it.

FleetfeedError              expected: told without a traceback, as cause, effect on the data and next step
├── UsageError              the command or the configuration is wrong; nothing was touched (exit 2)
│   ├── ConfigError         fleetfeed.toml or the environment
│   └── PluginError         a plugin is broken, missing or named twice
├── BucketError             the store of exports did not do what was asked
│   ├── ObjectMissing       listed, but not there any more
│   ├── ObjectChanged       not the bytes that were listed
│   └── ObjectCutShort      fewer or more bytes than were listed, again and again
├── DatabaseError           the database did not do what was asked
│   ├── SchemaBehind        `fleetfeed migrate` has to run first
│   └── CommitUnanswered    the connection broke off at the commit: all of it is written, or nothing
├── NoScratch               this machine has no folder for temporary files, or no room there
├── NoMemory                the machine has not enough memory for an export
├── ExportRefused           a whole export cannot be trusted; nothing of it was loaded
├── BalanceBroken           counts that do not add up: a fault of fleetfeed itself, rolled back
├── DeadlineExceeded        the run was ended by its own deadline, and rolled back
├── GeocodingError          a provider gave no answer that could be used; the tickets are as they were
│   ├── BadQuery            it cannot make anything of this text: the next one may be right
│   ├── NotAuthorised       it will not serve us: it is not asked again in this run
│   ├── RateLimited         too much in this second, minute or day: it is asked again afterwards
│   ├── GeocoderUnavailable it is down or too slow: asked again, and later
│   └── NotUnderstood       what came is no answer of such a provider
├── PluginFault             a plugin's hook raised, or gave what is no answer; the run of its feed is rolled back
├── NotHeard                whoever is to be notified could not be reached; a run is not affected
└── UnexpectedError         a fault of fleetfeed or of a plugin
"""

from __future__ import annotations

from typing import Any, Literal


class FleetfeedError(Exception):
    """Tell a person the cause, the effect on the data, and the next step."""

    exit_code = 1

    def __init__(self, cause: str, *, effect: str = "Nothing was written.", next_step: str = "") -> None:
        super().__init__(cause)
        self.cause = cause
        self.effect = effect
        self.next_step = next_step

    def __str__(self) -> str:
        return " ".join(part for part in (self.cause, self.effect, self.next_step) if part)


class UsageError(FleetfeedError):
    """The command, or what it was given, is wrong."""

    exit_code = 2


class ConfigError(UsageError):
    """fleetfeed.toml or the environment is wrong."""


class PluginError(UsageError):
    """A plugin is broken, missing, or named twice."""


class BucketError(FleetfeedError):
    """The store of exports did not do what was asked."""


class ObjectMissing(BucketError):
    """An object was listed, but is not there any more."""


class ObjectChanged(BucketError):
    """An object is not the one that was listed."""


class ObjectCutShort(BucketError):
    """An object came with another length than was listed, again and again."""


class DatabaseError(FleetfeedError):
    """The database did not do what was asked."""

    sqlstate = ""  # empty where the server gave none
    server_text = ""  # what the server wrote, without secrets
    retry = False  # whether to run again is all that is needed


class SchemaBehind(DatabaseError):
    """The database is not what the feeds declare: `fleetfeed migrate` has to run first."""


class CommitUnanswered(DatabaseError):
    """The connection broke off at the commit: all of it is written, or nothing, and only the database knows."""

    def __init__(self, cause: str) -> None:
        super().__init__(
            f"COMMIT was not answered. {cause}",
            effect="Either everything was written or nothing: that is not known here.",
            next_step="Run again: the ledger knows, and nothing is written twice.",
        )


class NoScratch(FleetfeedError):
    """This machine has no folder for temporary files, or no room there."""

    def __init__(self, cause: str) -> None:
        super().__init__(
            cause,
            effect="What was not committed is rolled back.",
            next_step="Make room there, mount /tmp so that it can be written, or set TMPDIR to a folder that can.",
        )


class NoMemory(FleetfeedError):
    """The machine has not enough memory for an export."""

    def __init__(self, cause: str) -> None:
        super().__init__(
            cause,
            effect="What was not committed is rolled back.",
            next_step="Give the process more memory, or let the exporter write fewer columns or shorter cells.",
        )


class ExportRefused(FleetfeedError):
    """A whole export cannot be trusted; nothing of it was loaded."""

    snapshot: Any = None  # the export, where it was refused before it could be read

    def __init__(self, why: str, next_step: str = "") -> None:
        self.why, self.advice = why, next_step
        super().__init__(
            f"The export is refused: {why}.",
            effect="Nothing of it was loaded; the table and the bucket are as they were.",
            next_step=next_step
            or "Look at the export and at the exporter; the next complete export is loaded as ever.",
        )


class BalanceBroken(FleetfeedError):
    """What was read and what was done with it do not add up."""


class DeadlineExceeded(FleetfeedError):
    """The run was ended by its own deadline."""


class GeocodingError(FleetfeedError):
    """A provider gave no answer that could be used."""

    def __init__(self, cause: str, *, next_step: str = "The next geocoding asks again.") -> None:
        super().__init__(cause, effect="Tickets and known places stay as they are.", next_step=next_step)


class BadQuery(GeocodingError):
    """A provider cannot make anything of this text."""


class NotAuthorised(GeocodingError):
    """A provider will not serve us: a key is missing, unknown or not allowed this."""


class RateLimited(GeocodingError):
    """A provider was asked too much in this second, minute or day."""

    def __init__(self, cause: str, window: Literal["second", "minute", "day"]) -> None:
        super().__init__(cause)
        self.window = window


class GeocoderUnavailable(GeocodingError):
    """A provider is down, cannot be reached, or takes too long."""


class NotUnderstood(GeocodingError):
    """What came is no answer of such a provider: another service, a proxy's page, another version."""


class PluginFault(FleetfeedError):
    """A plugin's hook raised, or gave what is no answer."""

    def __init__(self, cause: str) -> None:
        super().__init__(
            cause,
            effect="What was not committed is rolled back; other feeds are not concerned.",
            next_step="Mend the plugin, then run again; docs/plugins.md tells what each hook is to answer.",
        )


class NotHeard(FleetfeedError):
    """Whoever is to be notified could not be reached."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what} was not heard: {why}.", effect="No run and no data is affected.")


class NotEntered(FleetfeedError):
    """What somebody was told of a run could not be written down, so that it may be told again."""

    def __init__(self, who: str, why: str) -> None:
        super().__init__(f"What {who} was told could not be entered: {why}", next_step="It may be told again.")


class UnexpectedError(FleetfeedError):
    """Something failed that nobody foresaw: a fault of fleetfeed or of a plugin."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(
            f"{type(error).__name__}: {error}.",
            effect="What was not committed is rolled back.",
            next_step="This is a fault of fleetfeed or of a plugin; please report it with the lines above.",
        )
        self.__cause__ = error


def as_expected(error: BaseException) -> FleetfeedError:
    """Give the error that tells a person what went wrong; what nobody foresaw is an UnexpectedError."""
    if isinstance(error, FleetfeedError):
        return error
    if isinstance(error, MemoryError):
        return NoMemory("There is not enough memory for this run.")
    return UnexpectedError(error)
