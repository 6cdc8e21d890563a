"""How a command ends: errors told, signals and deadlines turned into a clean rollback."""

from __future__ import annotations

import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from fleetfeed.errors import DeadlineExceeded, FleetfeedError


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
    except _Stopped:
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
    """Tell an expected error on stderr: cause, effect on the data, next step; before it the traceback, if wanted."""
    from fleetfeed.secrets import redact

    if debug:
        print(redact("".join(traceback.format_exception(error))), end="", file=sys.stderr)
    for label, text in (("error:", error.cause), ("effect:", error.effect), ("next:", error.next_step)):
        if text:
            print(f"{label:<8}{redact(text)}", file=sys.stderr)


def tell_fault(error: Exception) -> None:
    """Tell an error that nobody expected, on stderr, with all that whoever mends it needs but the secrets."""
    from fleetfeed.secrets import redact

    print(redact("".join(traceback.format_exception(error))), end="", file=sys.stderr)
    print(
        "error:  This is a fault of fleetfeed or of a plugin; please report it with the lines above.", file=sys.stderr
    )
