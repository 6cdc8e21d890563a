"""Report a broken law: what was expected, what came, and where to look."""

from __future__ import annotations

import traceback

from fleetfeed.model import RunReport

_LONGEST = 2_000  # characters of one part of a message


class Broken(AssertionError):
    """A plugin breaks a law."""

    def __init__(self, expected: str, came: str, look: str, made: str = "") -> None:
        super().__init__(expected, came, look, made)
        self.expected, self.came, self.look, self.made = expected, came, look, made

    def __str__(self) -> str:
        parts = {"expected": self.expected, "came": self.came, "look at": self.look, "with": self.made}
        return "\n".join(f"  {name + ':':<10}{_indented(text)}" for name, text in parts.items() if text)


def shown(value: object) -> str:
    """Format a value, cut if it is long."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters)"


def what_failed(report: RunReport, plugin: str) -> str:
    """Describe why a run did not load: its error, and where in the plugin it was raised."""
    if report.error is None:
        return f"the run ended as {report.outcome!r}"
    cause = report.error.__cause__ or report.error
    return f"{report.error}{raised_at(cause, plugin)}"


def raised_at(error: BaseException, plugin: str) -> str:
    """Return the last line of a plugin's own file in a traceback; empty if there is none."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == plugin]
    return f" (raised by {frames[-1].name}, line {frames[-1].lineno} of {plugin})" if frames else ""


def _indented(text: str) -> str:
    return shown(text).replace("\n", "\n" + " " * 12)
