"""Laws about hosts that fail, and about malformed answers."""

from __future__ import annotations

import logging
import math
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import BufferingHandler
from typing import Any

import httpx

from fleetfeed.errors import GeocoderUnavailable, NotAuthorised, NotUnderstood, RateLimited
from fleetfeed.geo import GeocodeResult
from fleetfeed.testing.geocoder.host import KEY, PLACE, Host, fails, replies
from fleetfeed.testing.geocoder.subject import DECLARED, Answer, GeocoderSubject
from fleetfeed.testing.trial import Broken, shown

_PAGE = "<!doctype html><html><body>Please log in</body></html>"
_ANY: tuple[type[Exception], ...] = DECLARED
# What the host does, the errors allowed for it, and whether «no result» is allowed too.
FAULTS: tuple[tuple[str, Host, tuple[type[Exception], ...], bool], ...] = (
    ("400", replies({"error": "Invalid Request"}, 400), _ANY, True),
    ("401", replies({"error": "Invalid key"}, 401), (NotAuthorised,), False),
    ("403", replies({"error": "Access restricted"}, 403), (NotAuthorised,), False),
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
)
# None of them is a degree, although float() accepts some: other digits, an underscore, True.
_VALUES: tuple[Any, ...] = (
    *(None, True, math.nan, math.inf, 10**400, 1000, "", "nan", "1_0", "٣", "a\0b", "x" * 3_000),
    *([], {}, [[]], {"a": None}),
)


def faults(subject: GeocoderSubject) -> None:
    """Check that errors of the host are raised as the right exceptions, and never contain the key."""
    for what, host, kinds, or_none in FAULTS if subject.asks_host else ():
        with _logged() as logged:
            answer = subject.answer(host, what)
        if not isinstance(answer.raised, kinds) and not (or_none and answer == Answer()):
            names = " or ".join([kind.__name__ for kind in kinds] + ["no result"] * or_none)
            raise Broken(f"{what}: not {names}, but {answer}")
        error = "".join(traceback.format_exception(answer.raised)) if answer.raised else ""
        log = "\n".join(record.getMessage() for record in logged.buffer)
        for where, text in (("the error", error), ("the log", log)):
            if leak := next((line.strip() for line in text.splitlines() if KEY in line), ""):
                raise Broken(f"{what}: {where} has the key: {leak}")


def malformed(subject: GeocoderSubject) -> None:
    """Check that a malformed answer raises only declared errors, and makes no other place."""
    for body in _variants(subject.sample) if subject.asks_host else ():
        made = f"200 with {shown(body)}"
        result = subject.answer(replies(body), made).result
        if isinstance(result, GeocodeResult) and result.point.exists and result.point != PLACE:
            raise Broken(f"{made}: {result.point}, where Point.read() finds no place or {PLACE}")


def _variants(node: Any) -> Iterator[Any]:
    """Yield copies of an answer in which one value is another one, or missing."""
    yield from _VALUES
    if isinstance(node, dict):
        for name, item in node.items():
            yield {other: value for other, value in node.items() if other != name}
            yield from (node | {name: value} for value in _variants(item))
    elif isinstance(node, list):
        for place, item in enumerate(node):
            yield from ([*node[:place], value, *node[place + 1 :]] for value in _variants(item))


@contextmanager
def _logged() -> Iterator[BufferingHandler]:
    """Collect log records of every level."""
    root, handler = logging.getLogger(), BufferingHandler(10_000)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield handler
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
