"""A time limit that ends with a clean rollback."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import FrameType

from fleetfeed.errors import DeadlineExceeded

_AGAIN_AFTER = 5  # seconds; time for a rollback


class Stopped(KeyboardInterrupt):
    """Raised by a signal or the deadline. A KeyboardInterrupt, so that psycopg cancels its statement."""


@contextmanager
def deadline(seconds: float) -> Iterator[Callable[[float], None]]:
    """Raise DeadlineExceeded after `seconds`, before a scheduler would kill the process.

    Yields a function that resets the limit.
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
    # Repeatedly: a plugin may catch the first one, and a server may not respond to psycopg's cancel.
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
            f"The run was not done after {round(limit, 2):g} s (--deadline).",
            effect="What it had not committed is rolled back.",
            next_step="The next run starts from the beginning; if this recurs, give it and the scheduler more time.",
        ) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def time_limit(seconds: float | None) -> AbstractContextManager[Callable[[float], None]]:
    """Return a deadline context, or one without a limit for None."""
    return nullcontext(lambda to: None) if seconds is None else deadline(seconds)
