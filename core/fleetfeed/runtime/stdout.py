"""Redirect what plugins print to stderr, prefixed with the plugin's name: stdout belongs to the command."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from contextvars import ContextVar

from fleetfeed.runtime import logs

acting: ContextVar[str] = ContextVar("acting", default="")  # the plugin whose hook runs, per thread


class _PluginOutput(io.StringIO):
    """A replacement for stdout that logs each line; without a name, under that of the acting plugin."""

    def __init__(self, name: str = "") -> None:
        super().__init__()
        self.name, self.partial = name, dict[str, str]()  # plugin → an unfinished line

    def write(self, text: str) -> int:
        """Log each finished line."""
        name = self.name or acting.get()
        *lines, self.partial[name] = (self.partial.get(name, "") + text).split("\n")
        for line in lines:
            logs.log_printed(name, line)
        return len(text)

    def end(self) -> None:
        """Log unfinished lines."""
        for name, line in self.partial.items():
            if line:
                logs.log_printed(name, line)
        self.partial.clear()


@contextmanager
def plugin_output(name: str = "") -> Iterator[None]:
    """Redirect stdout to stderr while plugins run; `name`: the plugin, else the acting one."""
    stream = _PluginOutput(name)
    try:
        with redirect_stdout(stream):
            yield
    finally:
        stream.end()
