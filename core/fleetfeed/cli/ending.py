"""How a command ends: errors told, signals and deadlines turned into a clean rollback."""

from __future__ import annotations

import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from fleetfeed.cli.context import files_read
from fleetfeed.errors import DeadlineExceeded, FleetfeedError, PluginFault, UnexpectedError


class _Stopped(KeyboardInterrupt):
    """A signal or the deadline: a KeyboardInterrupt, because psycopg then cancels the statement it waits for."""


@contextmanager
def ended_by_signal() -> Iterator[None]:
    """Exit 130 on Ctrl-C and 143 on SIGTERM, after everything open has been rolled back."""
    caught: list[int] = []

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        caught.append(number)
        raise _Stopped

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except (KeyboardInterrupt, SystemExit, FleetfeedError):  # typer makes a SystemExit(130) of any KeyboardInterrupt
        if not caught:
            raise
        what = "Interrupted" if caught[0] == signal.SIGINT else "Ended by SIGTERM"
        print(f"{what}. What was not committed is rolled back; the next run begins anew.", file=sys.stderr)
        sys.exit(128 + caught[0])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise DeadlineExceeded when the time is up, so that no scheduler has to kill the run from outside."""
    late = False

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        nonlocal late
        late = True
        raise _Stopped

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except KeyboardInterrupt:
        if not late:
            raise
        raise DeadlineExceeded(
            f"The run was not done after {seconds:g} s (--deadline).",
            effect="What it had not committed is rolled back.",
            next_step="The next run begins anew; if this recurs, give it more time and the scheduler, too.",
        ) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def tell_error(error: FleetfeedError, *, debug: bool = False) -> None:
    """Tell an error on stderr: cause, effect on the data, next step; before it the traceback, if that is of use."""
    from fleetfeed.secrets import redact

    # Of a plugin's fault the author needs what it raised, and not the way that led there.
    shown = error.__cause__ if isinstance(error, PluginFault) else None
    if debug or isinstance(error, UnexpectedError):
        shown = error
    if shown:
        print(redact("".join(traceback.format_exception(shown))), end="", file=sys.stderr)
    lines = [("error:", error.cause), ("effect:", error.effect), ("next:", error.next_step)]
    if files_read and files_read[-1] not in error.cause:
        lines.append(("read:", files_read[-1]))
    for label, text in lines:
        if text:
            print(f"{label:<8}{redact(text)}", file=sys.stderr)


def tell_broken(errors: Sequence[FleetfeedError]) -> None:
    """Tell of feeds that could not be used, after the others have had their turn; exit as the first one says."""
    for error in errors:
        tell_error(error)
    if errors:
        sys.exit(errors[0].exit_code)
