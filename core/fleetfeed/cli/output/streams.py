"""stdout and stderr of a command: a stream that cannot be written never stops the command or changes what it did."""

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
_printing: list[str] = []  # the command, if it only prints


def only_prints(command: Callable[P, R]) -> Callable[P, R]:
    """Mark a command that only prints: it fails if its output is lost. Others succeed if their work is done."""

    @wraps(command)
    def marked(*args: P.args, **kwargs: P.kwargs) -> R:
        _printing.append(command.__name__)
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
            except BlockingIOError:  # another process made the shared terminal non-blocking
                select.select([], [self._number], [])
            except OSError as error:
                self.lost = error.strerror or "unknown reason"
        return len(view)


@contextmanager
def never_failing() -> Iterator[None]:
    """Replace stdout and stderr for one command; at its end warn once if stdout could not be written."""
    before = sys.stdout, sys.stderr
    called.clear()
    _printing.clear()
    streams = _take_over()
    try:
        yield
    except SystemExit as ended:
        _flush()
        if streams and (why := streams[0].lost):
            has_enough = why == os.strerror(errno.EPIPE) and (_printing or not called)  # for example `--help | head`
            if not has_enough:
                text = f"stdout could not be written ({why}); the command's work is not affected"
                logs.log(logs.WARNING, text, event="warning")
            if _printing and not ended.code:
                sys.exit(1)
        raise
    finally:
        _flush()
        sys.stdout, sys.stderr = before


def is_lost() -> bool:
    """Whether stdout can no longer be written."""
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return isinstance(raw, _Stream) and raw.lost is not None


def _take_over() -> list[_Stream]:
    if sys.stdout is not sys.__stdout__ or sys.stderr is not sys.__stderr__:
        for taken in (sys.stdout, sys.stderr):  # replaced by a test or an embedding program
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
    """Open /dev/null as a closed stream's descriptor: else the next connection gets that number, and any output."""
    null = os.open(os.devnull, os.O_WRONLY)
    if null != number:
        os.dup2(null, number)
        os.close(null)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()
