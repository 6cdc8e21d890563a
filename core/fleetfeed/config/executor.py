"""The table [executor] of fleetfeed.toml: who prepares the exports of a rebuild."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import ValidationInfo, field_validator, model_validator

from fleetfeed.config.tables import Table
from fleetfeed.config.values import Count, Flag, Scheduler
from fleetfeed.errors import UsageError
from fleetfeed.states import ExecutorKind

_SCHEDULER = 'Write scheduler = "tls://HOST:8786" under [executor] in fleetfeed.toml.'
_HERE = ("127.0.0.1", "localhost", "::1")


class ExecutorSettings(Table):
    """Who prepares the exports of a rebuild."""

    kind: ExecutorKind = ExecutorKind.SERIAL
    workers: Count | None = None  # of `processes`; None: one core less than there are, at most six
    chunk: Count = 32  # exports that a worker prepares at once
    insecure: Flag = False
    scheduler: Scheduler = ""  # after `insecure`, which its check looks at

    def of_kind(self, kind: ExecutorKind | None) -> ExecutorSettings:
        """Return these settings with another kind. Raises UsageError if they lack what it needs."""
        if kind is ExecutorKind.DASK and not self.scheduler:
            raise UsageError("The executor dask needs a scheduler.", next_step=_SCHEDULER)
        return self.model_copy(update={"kind": kind}) if kind else self

    @field_validator("scheduler")
    @classmethod
    def _check_reachable(cls, scheduler: str, info: ValidationInfo) -> str:
        """Check that nobody else can reach the scheduler: it runs whatever it gets."""
        is_open = scheduler.startswith("tcp:") and urlsplit(scheduler).hostname not in _HERE
        if is_open and not info.data.get("insecure"):
            raise ValueError(
                "should begin with tls://, as anybody who reaches a scheduler can run code on its workers; "
                "in a network of your own, set insecure = true under [executor]"
            )
        return scheduler

    @model_validator(mode="after")
    def _check_scheduler(self) -> ExecutorSettings:
        if self.kind is ExecutorKind.DASK and not self.scheduler:
            raise ValueError('kind = "dask" needs a scheduler, such as tls://HOST:8786')
        return self
