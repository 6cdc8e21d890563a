"""What is told on stderr is told, or not, and nothing else depends on it."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

from fleetfeed import logs

if TYPE_CHECKING:
    import pytest


class Gone(io.StringIO):
    """What nobody reads any more."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_that_nobody_can_read_it_fails_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Gone())
    logs.set_up()
    logs.tell(logs.WARNING, "a warning", event="warning")
    assert isinstance(sys.stderr, Gone)
    monkeypatch.undo()
    logs.set_up()
