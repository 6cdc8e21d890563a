"""Describe an error that a plugin raised: where in the plugin, and whether the plugin caused it."""

from __future__ import annotations

import os
import signal
import traceback
from pathlib import Path

from fleetfeed.feed.problems import BadDeclaration


def from_outside(error: BaseException) -> bool:
    """Whether a signal or deadline stopped a plugin's code; the command line raises subclasses of KeyboardInterrupt."""
    by_default = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    return isinstance(error, KeyboardInterrupt) and (by_default or type(error) is not KeyboardInterrupt)


def reason(error: BaseException) -> str:
    """Describe an error in words."""
    if isinstance(error, BadDeclaration):
        wrong = [str(problem) for problem in error.problems]
        return wrong[0] if len(wrong) == 1 else "\n  ".join([f"{len(wrong)} mistakes", *wrong])
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg}{f': {error.text.strip()}' if error.text else ''}"
    text = "".join(traceback.format_exception_only(error)).strip()  # works even if its __str__ fails
    return text.removeprefix(f"{type(error).__module__}.")


def place(error: BaseException, home: Path) -> str:
    """Return file and line of the plugin at which the error occurred, as text."""
    file, line = spot(error, home)
    return f"{file}, line {line}" if line else ""


def spot(error: BaseException, home: Path | None) -> tuple[str, int | None]:
    """Return file and line of the plugin at which the error occurred; it need not be the line that raised."""
    if isinstance(error, SyntaxError) and error.filename and error.lineno and os.path.isabs(error.filename):
        return error.filename, error.lineno
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        if home and (file := frame.f_code.co_filename).startswith(f"{home}{os.sep}"):
            return file, line
    return "", None
