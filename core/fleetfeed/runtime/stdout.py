"""Passes on to stderr what plugins print, each under its name: stdout belongs to the command."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from contextvars import ContextVar

from fleetfeed.runtime import logs

acting: ContextVar[str] = ContextVar("acting", default="")  # the plugin whose hook is at work; each thread has its own


class Spoken(io.StringIO):
    """Stand in for stdout while the code of plugins runs; without a name, whoever is acting speaks."""

    def __init__(self, name: str = "") -> None:
        super().__init__()
        self.name, self.begun = name, dict[str, str]()  # speaker → a line that has no end yet

    def write(self, text: str) -> int:
        """Pass on each line that has an end."""
        name = self.name or acting.get()
        *lines, self.begun[name] = (self.begun.get(name, "") + text).split("\n")
        for line in lines:
            logs.said(name, line)
        return len(text)

    def end(self) -> None:
        """Pass on what has no end, for none will come."""
        for name, line in self.begun.items():
            if line:
                logs.said(name, line)
        self.begun.clear()


@contextmanager
def spoken(name: str = "") -> Iterator[None]:
    """Let nothing that is printed meanwhile reach stdout."""
    stream = Spoken(name)
    try:
        with redirect_stdout(stream):
            yield
    finally:
        stream.end()
