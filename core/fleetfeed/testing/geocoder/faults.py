"""Law: errors of a geocoder's host become the right exceptions."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from fleetfeed.errors import GeocoderUnavailable, NotAuthorised, NotUnderstood, RateLimited
from fleetfeed.testing.geocoder.host import KEY, QUERY, Host, fails, replies
from fleetfeed.testing.geocoder.subject import DECLARED, Answer, GeocoderSubject, sound

_ANY: tuple[type[Exception], ...] = DECLARED
_PAGE = "<!doctype html><html><body>Please log in</body></html>"
# What the host does, the errors allowed for it, and whether «no result» is allowed too.
FAULTS: tuple[tuple[str, Host, tuple[type[Exception], ...], bool], ...] = (
    ("400", replies({"error": "Invalid Request"}, 400), _ANY, True),
    ("401", replies({"error": "Invalid key"}, 401), (NotAuthorised,), False),
    ("403", replies({"error": "Access restricted"}, 403), (NotAuthorised,), False),
    ("404", replies({"error": "Unable to geocode"}, 404), _ANY, True),
    ("404 with a page", replies(_PAGE, 404), _ANY, True),
    ("429", replies({"error": "Rate Limited"}, 429), (RateLimited,), False),
    ("500", replies({"error": "Unknown error"}, 500), (GeocoderUnavailable,), False),
    ("503 with a page", replies(_PAGE, 503), (GeocoderUnavailable,), False),
    ("a host that takes too long", fails(httpx.ReadTimeout), (GeocoderUnavailable,), False),
    ("a host that cannot be reached", fails(httpx.ConnectError), (GeocoderUnavailable,), False),
    ("200 with a page", replies(_PAGE), (NotUnderstood,), False),
    ("200 with nothing", replies(""), (NotUnderstood,), False),
    ("200 with null", replies("null"), (NotUnderstood,), False),
    ("200 cut short", replies('[{"lat": "-1.29'), (NotUnderstood,), False),
    ("200 with bytes that are no text", replies(b"\xff\xfe\x00"), (NotUnderstood,), False),
    ("200 with an error", replies({"error": "Unknown error"}), (NotUnderstood,), True),
    ("200 with an empty object", replies({}), (NotUnderstood,), True),
)


def faults(subject: GeocoderSubject) -> None:
    """Check that errors of the host are raised as the right exceptions, and never contain the key."""
    for what, host, kinds, or_none in FAULTS if subject.asks_host else ():
        with _logged() as logged, subject.asking(host) as ask:
            answer = ask(QUERY)
        sound(subject, answer, what)
        if not isinstance(answer.raised, kinds) and not (or_none and answer == Answer()):
            names = " or ".join([kind.__name__ for kind in kinds] + ["no result"] * or_none)
            raise subject.broken(f"{what}: {names}", answer.shown(subject.file), "geocode")
        error = "".join(traceback.format_exception(answer.raised)) if answer.raised else ""
        for where, text in (("the error", error), ("the log", "\n".join(logged))):
            if KEY in text:
                came = f"{where} has: {next(line.strip() for line in text.splitlines() if KEY in line)}"
                raise subject.broken("the key is in no error and no log", came, "geocode", what)


@contextmanager
def _logged() -> Iterator[list[str]]:
    """Collect log records of every level."""
    lines: list[str] = []
    handler, root = logging.Handler(), logging.getLogger()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
