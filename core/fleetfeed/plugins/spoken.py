"""Passes on to stderr what plugins print, each under its name: stdout belongs to the command."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from contextvars import ContextVar

from fleetfeed.secrets import redact

acting: ContextVar[str] = ContextVar("acting", default="")  # the plugin whose hook is at work; each thread has its own


class Spoken(io.StringIO):
    """Stand in for stdout while the code of plugins runs; without a name, whoever is acting speaks."""

    def __init__(self, name: str = "") -> None:
        super().__init__()
        self.name, self.at_start = name, True

    def write(self, text: str) -> int:
        """Write to stderr, with the speaker's name at the beginning of each line."""
        name = self.name or acting.get()
        mark = f"plugin {name}: " if name else "a plugin: "
        for line in text.splitlines(keepends=True):
            sys.stderr.write(redact(f"{mark}{line}" if self.at_start else line))
            self.at_start = line.endswith("\n")
        return len(text)


@contextmanager
def spoken(name: str = "") -> Iterator[None]:
    """Let nothing that is printed meanwhile reach stdout."""
    with redirect_stdout(Spoken(name)):
        yield
