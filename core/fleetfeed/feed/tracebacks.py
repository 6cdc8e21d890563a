"""Says of an error that left a plugin where in the plugin it happened, and whether it is the plugin's at all."""

from __future__ import annotations

import os
import signal
import traceback
from pathlib import Path

from fleetfeed.feed.problems import BadDeclaration


def from_outside(error: BaseException) -> bool:
    """Tell whether a signal or a deadline ended a plugin's code: the command line raises a kind of its own."""
    by_default = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    return isinstance(error, KeyboardInterrupt) and (by_default or type(error) is not KeyboardInterrupt)


def reason(error: BaseException) -> str:
    """Tell an error in words."""
    if isinstance(error, BadDeclaration):
        wrong = [str(problem) for problem in error.problems]
        return wrong[0] if len(wrong) == 1 else "\n  ".join([f"{len(wrong)} mistakes", *wrong])
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg}{f': {error.text.strip()}' if error.text else ''}"
    told = "".join(traceback.format_exception_only(error)).strip()  # whatever its __str__ does
    return told.removeprefix(f"{type(error).__module__}.")


def place(error: BaseException, home: Path) -> str:
    """Write the line of the plugin at which it went wrong."""
    file, line = spot(error, home)
    return f"{file}, line {line}" if line else ""


def spot(error: BaseException, home: Path | None) -> tuple[str, int | None]:
    """Find file and line of the plugin at which it went wrong, which need not be the line that raised."""
    if isinstance(error, SyntaxError) and error.filename and error.lineno and os.path.isabs(error.filename):
        return error.filename, error.lineno
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        if home and (file := frame.f_code.co_filename).startswith(f"{home}{os.sep}"):
            return file, line
    return "", None
