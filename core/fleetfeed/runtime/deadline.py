"""A time limit that ends with a clean rollback."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import FrameType

from fleetfeed.errors import DeadlineExceeded

_AGAIN_AFTER = 5  # seconds; what a rollback takes


class Stopped(KeyboardInterrupt):
    """A signal or the deadline: a KeyboardInterrupt, because psycopg then cancels the statement it waits for."""


@contextmanager
def deadline(seconds: float) -> Iterator[Callable[[float], None]]:
    """Raise DeadlineExceeded when the time is up, so that no scheduler has to kill the run from outside.

    Gives a function that sets the time anew.
    """
    late = over = False
    limit = seconds

    def extend(to: float) -> None:
        nonlocal limit
        limit = to
        signal.setitimer(signal.ITIMER_REAL, to, _AGAIN_AFTER)

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal late
        if not over:
            late = True
            raise Stopped

    before = signal.signal(signal.SIGALRM, stop)
    # Again and again: a plugin may catch the first one, and a server may leave psycopg's cancel without an answer.
    signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN_AFTER)
    try:
        try:
            yield extend
        finally:
            over = True
    except KeyboardInterrupt:
        if not late:
            raise
        raise DeadlineExceeded(
            f"The run was not done after {limit:g} s (--deadline).",
            effect="What it had not committed is rolled back.",
            next_step="The next run begins anew; if this recurs, give it more time and the scheduler, too.",
        ) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def time_limit(seconds: float | None) -> AbstractContextManager[Callable[[float], None]]:
    """Set a deadline; None sets none, and setting it anew does nothing."""
    return nullcontext(lambda to: None) if seconds is None else deadline(seconds)
