"""Law: a geocoder keeps nothing between calls that changes an answer."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from fleetfeed.geo import GeocodeQuery
from fleetfeed.testing.geocoder.host import PLACE, QUERY, replies
from fleetfeed.testing.geocoder.malformed import moved
from fleetfeed.testing.geocoder.subject import GeocoderSubject, sound

if TYPE_CHECKING:
    import httpx

THREADS = 8
_WAIT = 1.0  # seconds for all threads to arrive


def threads(subject: GeocoderSubject) -> None:
    """Check that the same query gets the same answer: again, in another order, and from several threads at once."""
    asked = [GeocodeQuery(f"Place {number}", QUERY.country, QUERY.near) for number in range(1, THREADS + 1)]
    barrier = Barrier(THREADS)

    def host(request: httpx.Request) -> httpx.Response:
        return _by_number(subject, request)

    def meeting(request: httpx.Request) -> httpx.Response:
        with suppress(BrokenBarrierError):
            barrier.wait(_WAIT)  # answer none before all have asked
        return _by_number(subject, request)

    with subject.asking(host) as ask:
        alone = [ask(query) for query in asked]
        again = [ask(query) for query in reversed(asked)][::-1]
    with subject.asking(meeting) as ask, ThreadPoolExecutor(THREADS) as pool:
        together = list(pool.map(ask, asked))
    for how, others in (("asked again, in another order", again), (f"asked in {THREADS} threads at once", together)):
        for query, one, other in zip(asked, alone, others, strict=True):
            sound(subject, other, f"{query.text!r}, {how}")
            if (one.result, repr(one.raised)) != (other.result, repr(other.raised)):
                came = f"{query.text!r}: first {one.shown(subject.file)},\nthen  {other.shown(subject.file)}"
                look = "what it keeps from one call to the next: geocode"
                raise subject.broken(f"the same query gets the same answer, {how}", came, look)


def _by_number(subject: GeocoderSubject, request: httpx.Request) -> httpx.Response:
    """Answer each numbered place with its own point."""
    sent = unquote_plus(str(request.url)) + request.content.decode("utf-8", "replace")
    number = re.search(r"Place\W{0,3}(\d+)", sent, re.IGNORECASE)
    return replies(moved(subject.sample, PLACE, int(number[1]) if number else 0))(request)
