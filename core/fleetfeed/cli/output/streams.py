"""Where a command writes: what cannot be written is left out, and never ends the work or changes what it did."""

from __future__ import annotations

import errno
import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from io import BufferedWriter, RawIOBase, TextIOWrapper
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from fleetfeed.runtime import logs

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

P = ParamSpec("P")
R = TypeVar("R")

called: list[str] = []  # the command, once it is known
_answering: list[str] = []  # the command that runs, if its output is all there is


def answers(command: Callable[P, R]) -> Callable[P, R]:
    """Mark a command that only prints: it fails where its output is lost. Others are judged by what they did."""

    @wraps(command)
    def marked(*args: P.args, **kwargs: P.kwargs) -> R:
        _answering.append(command.__name__)
        return command(*args, **kwargs)

    return marked


class _Stream(RawIOBase):
    """Write to a file descriptor until that fails for the first time, and drop the rest."""

    def __init__(self, number: int, lost: str | None) -> None:
        self._number, self.lost = number, lost

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._number

    def isatty(self) -> bool:
        return os.isatty(self._number)

    def write(self, data: ReadableBuffer, /) -> int:
        view = memoryview(data)
        while self.lost is None:
            try:
                return os.write(self._number, view)
            except BlockingIOError:  # whoever shares the terminal made it non-blocking
                select.select([], [self._number], [])
            except OSError as error:
                self.lost = error.strerror or "unknown reason"
        return len(view)


@contextmanager
def never_failing() -> Iterator[None]:
    """Replace stdout and stderr for one command; at its end tell once that stdout could not be written."""
    before = sys.stdout, sys.stderr
    called.clear()
    _answering.clear()
    streams = _take_over()
    try:
        yield
    except SystemExit as ended:
        _flush()
        if streams and (why := streams[0].lost):
            told = f"stdout could not be written ({why}): what is missing there changes nothing of what was done"
            has_enough = why == os.strerror(errno.EPIPE) and (_answering or not called)  # `--help | head`, say
            if not has_enough:
                logs.tell(logs.WARNING, told, event="warning")
            if _answering and not ended.code:
                sys.exit(1)
        raise
    finally:
        _flush()
        sys.stdout, sys.stderr = before


def is_lost() -> bool:
    """Tell whether nobody gets what is written to stdout."""
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return isinstance(raw, _Stream) and raw.lost is not None


def _take_over() -> list[_Stream]:
    if sys.stdout is not sys.__stdout__ or sys.stderr is not sys.__stderr__:
        for taken in (sys.stdout, sys.stderr):  # by a test or another program
            if isinstance(taken, TextIOWrapper):
                taken.reconfigure(errors="backslashreplace")
        return []
    streams = []
    for number, name in ((1, "stdout"), (2, "stderr")):
        old = getattr(sys, name)
        lost = None if old is not None else os.strerror(errno.EBADF)
        if old is None:
            _occupy(number)
        stream = _Stream(number, lost)
        encoding = old.encoding if old is not None else "utf-8"
        text = TextIOWrapper(
            BufferedWriter(stream), encoding, "backslashreplace", line_buffering=number == 2 or stream.isatty()
        )
        setattr(sys, name, text)
        streams.append(stream)
    return streams


def _occupy(number: int) -> None:
    """Put /dev/null where a stream is closed: else the next connection gets its number, and what prints to it."""
    null = os.open(os.devnull, os.O_WRONLY)
    if null != number:
        os.dup2(null, number)
        os.close(null)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()
