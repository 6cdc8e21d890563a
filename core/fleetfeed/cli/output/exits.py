"""How a command ends: print errors, exit with their code, roll back on signals."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

from fleetfeed.cli.context import files_read
from fleetfeed.errors import FleetfeedError, PluginFault, UnexpectedError
from fleetfeed.runtime import logs
from fleetfeed.runtime.deadline import Stopped


@contextmanager
def ended_by_signal() -> Iterator[None]:
    """Exit 130 on Ctrl-C and 143 on SIGTERM, after everything open has been rolled back."""
    caught: list[int] = []

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        caught.append(number)
        raise Stopped

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except (KeyboardInterrupt, SystemExit, FleetfeedError):  # typer makes a SystemExit(130) of any KeyboardInterrupt
        if not caught:
            raise
        what = "Interrupted" if caught[0] == signal.SIGINT else "Ended by SIGTERM"
        message = f"{what}. What was not committed is rolled back; the next run starts from the beginning."
        logs.log(logs.ERROR, message, event="interrupted")
        sys.exit(128 + caught[0])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def report_error(error: FleetfeedError, *, debug: bool = False, shown: bool = False, **fields: Any) -> None:
    """Print an error on stderr: cause, effect on the data, next step; before it the traceback, if that helps."""
    read = files_read[-1] if files_read and files_read[-1] not in error.cause else None
    # For a plugin's fault, show the traceback of what it raised, not that of the core.
    raised = error.__cause__ if isinstance(error, PluginFault) else None
    logs.log(
        logs.ERROR,
        error.cause,
        event="error",
        shown=shown,
        trace=error if debug or isinstance(error, UnexpectedError) else raised,
        kind=type(error).__name__,
        cause=error.cause,
        effect=error.effect,
        next_step=error.next_step,
        read=read,
        **fields,
    )


def report_broken(errors: Sequence[FleetfeedError]) -> None:
    """Print the errors of feeds that could not be used, and exit with the highest code."""
    for error in errors:
        report_error(error)
    exit_with_worst(errors)


def exit_with_worst(errors: Iterable[Exception | None]) -> None:
    """Exit with the highest code of these errors, if there is one."""
    if codes := [getattr(error, "exit_code", 1) for error in errors if error]:
        sys.exit(max(codes))
