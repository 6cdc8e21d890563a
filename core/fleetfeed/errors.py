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
│   └── SchemaBehind        `fleetfeed migrate` has to run first
├── ExportRefused           a whole export cannot be trusted; nothing of it was loaded
├── BalanceBroken           counts that do not add up: a fault of fleetfeed itself, rolled back
├── DeadlineExceeded        the run was ended by its own deadline, and rolled back
└── UnexpectedError         a fault of fleetfeed or of a plugin
"""

from __future__ import annotations

from typing import Any


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


class SchemaBehind(DatabaseError):
    """The database is not what the feeds declare: `fleetfeed migrate` has to run first."""


class ExportRefused(FleetfeedError):
    """A whole export cannot be trusted; nothing of it was loaded."""

    snapshot: Any = None  # the export, where it was refused before it could be read

    def __init__(self, why: str, next_step: str = "") -> None:
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


class UnexpectedError(FleetfeedError):
    """Something failed that nobody foresaw: a fault of fleetfeed or of a plugin."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(
            f"{type(error).__name__}: {error}.",
            effect="What was not committed is rolled back.",
            next_step="This is a fault of fleetfeed or of a plugin; please report it with the lines above.",
        )
        self.__cause__ = error
