"""What goes to stderr goes there or not, and nothing else depends on it."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

from fleetfeed.runtime import logs
from fleetfeed.text import redact

if TYPE_CHECKING:
    import pytest


class Gone(io.StringIO):
    """What nobody reads any more."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_that_nobody_can_read_it_fails_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Gone())
    logs.set_up()
    logs.log(logs.WARNING, "a warning", event="warning")
    assert isinstance(sys.stderr, Gone)
    monkeypatch.undo()
    logs.set_up()


def test_a_name_of_a_megabyte_is_cut_and_no_secret_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    redact.remember("a-secret-of-the-store")
    reported = "a" * 1_990 + "a-secret-of-the-store" + "b" * 1_000_000 + " is no column."
    for as_json in (False, True):
        logs.set_up(as_json=as_json)
        logs.log(logs.ERROR, reported, event="error", cause=reported)
        said = capsys.readouterr().err
        assert len(said) < 10_000
        assert "characters left out" in said
        assert "is no column." in said
        assert "a-secret" not in said
    logs.set_up()
