"""Log lines have no secrets."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator

import pytest

from fleetfeed.text.redact import RedactingFilter, remember


@pytest.fixture
def log() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    reported = io.StringIO()
    handler = logging.StreamHandler(reported)
    handler.addFilter(RedactingFilter())
    logger = logging.getLogger("test_redaction")
    logger.propagate = False
    logger.addHandler(handler)
    yield logger, reported
    logger.removeHandler(handler)


def test_a_log_line_has_no_secrets(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, reported = log
    remember("canary")
    logger.warning("with %s and %r", "canary", {"x": "canary"})
    logger.warning("GET https://h/search?key=%s", "pk." + "other", stack_info=True)
    logger.warning("%d", "canary")
    assert "canary" not in reported.getvalue()
    assert "pk.other" not in reported.getvalue()
    assert reported.getvalue().startswith("with *** and {'x': '***'}\n")
    assert "%d (its arguments do not fit)" in reported.getvalue()


def test_a_logged_exception_has_no_secrets(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, reported = log
    remember("canary")
    try:
        raise ValueError("can" + "ary")
    except ValueError as exc:
        logger.exception("it failed")
        logger.warning("it failed", exc_info=exc)
        logger.warning("it failed", exc_info=sys.exc_info())
    logger.warning("no exception", exc_info=True)
    assert "canary" not in reported.getvalue()
    assert reported.getvalue().count("ValueError: ***") == 3
