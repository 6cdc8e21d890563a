"""What is wrong with a plugin, and where."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mistake:
    """Tell one mistake; its text is how people are told of it."""

    what: str
    file: str = ""  # of a plugin that lies in no file of its own, what stands for that
    line: int | None = None
    about: str = ""  # a constant of the file (FEED, GEOCODER, FLEETFEED_API), or `name`: that of the feed

    def __str__(self) -> str:
        """Write it with its place."""
        place = f"{self.file}, line {self.line}" if self.line else self.file
        return f"{place}: {self.what}" if place else self.what
