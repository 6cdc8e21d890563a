"""The laws of a geocoder by name, each with the law that has to hold first."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import fields, replace
from itertools import product
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from fleetfeed.geo import Geocoder, GeocodeResult, Point
from fleetfeed.geocoding.guard import judge
from fleetfeed.testing.examples import JUNK
from fleetfeed.testing.geocoder.faults import faults, malformed
from fleetfeed.testing.geocoder.host import PLACE, QUERY, replies
from fleetfeed.testing.geocoder.subject import GeocoderSubject
from fleetfeed.testing.trial import Broken, Law, Trial, shown

if TYPE_CHECKING:
    import httpx

_THREADS = 8
_WAIT = 1.0  # seconds for all threads to arrive


def declaration(subject: GeocoderSubject) -> None:
    """Check that there is a `geocode` hook, and that GEOCODER makes sense."""
    known = [item.name for item in fields(Geocoder) if item.name != "needs"]
    if unknown := [name for name in subject.declared.needs if name not in known]:
        raise Broken(f"needs of GEOCODER: there is no {unknown[0]!r} (there are {', '.join(known)})")
    for limit in ("per_second", "per_minute", "per_day", "per_run"):
        if (value := getattr(subject.declared, limit)) is not None and value <= 0:
            raise Broken(f"{limit} of GEOCODER is {value}: it would never be asked")
    if "geocode" not in subject.plugin.hooks:
        raise Broken(f"there is no `geocode` marked with @hookimpl in {subject.file}")


def place(subject: GeocoderSubject) -> None:
    """Check that the place of an answer is found and passes the guard, and that no place gives no result."""
    if not subject.asks_host:
        return
    made = f"200 with {shown(subject.sample)}"
    found = subject.answer(replies(subject.sample), made)
    if not isinstance(found.result, GeocodeResult) or found.result.point != PLACE:
        hint = f"for a form that is not Nominatim's, save an answer with that place as {subject.sample_file}"
        raise Broken(f"{made}: not the place at {PLACE.latitude}, {PLACE.longitude}, but {found}\n{hint}")
    if reason := judge(QUERY, found.result).reason:
        raise Broken(f"{made}: a place that the wrong-place guard rejects: {reason}")
    none = subject.answer(replies([]), "200 with []")
    if none.result is not None or (none.raised and isinstance(subject.sample, list)):
        raise Broken(f"200 with []: not None, but {none}")


def queries(subject: GeocoderSubject) -> None:
    """Check that any query is answered, or raises a declared error."""
    points = (None, *(Point(*degrees) for degrees in product((-90.0, 90.0), (-180.0, 180.0))))
    with subject.asking(replies(subject.sample)) as ask:
        for text, near, country in product(JUNK, points, (None, QUERY.country)):
            query = replace(QUERY, text=text, near=near, country=country)
            subject.sound(ask(query), shown(query))


def threads(subject: GeocoderSubject) -> None:
    """Check that the same query gets the same answer: again, in another order, and from several threads at once."""
    asked = [replace(QUERY, text=f"Place {number}") for number in range(1, _THREADS + 1)]
    barrier = Barrier(_THREADS)

    def meeting(request: httpx.Request) -> httpx.Response:
        with suppress(BrokenBarrierError):
            barrier.wait(_WAIT)  # answer none before all have asked
        return _by_number(subject, request)

    with subject.asking(lambda request: _by_number(subject, request)) as ask:
        alone = [ask(query) for query in asked]
        again = [ask(query) for query in reversed(asked)][::-1]
    with subject.asking(meeting) as ask, ThreadPoolExecutor(_THREADS) as pool:
        together = list(pool.map(ask, asked))
    for how, others in (("asked again, in another order", again), (f"asked in {_THREADS} threads at once", together)):
        for query, one, other in zip(asked, alone, others, strict=True):
            if str(one) != str(subject.sound(other, f"{query.text!r}, {how}")):
                raise Broken(f"{query.text!r}, {how}, has another answer\nfirst {one},\nthen  {other}")


def _by_number(subject: GeocoderSubject, request: httpx.Request) -> httpx.Response:
    """Answer each numbered place with a longitude of its own."""
    sent = unquote_plus(str(request.url)) + request.content.decode("utf-8", "replace")
    number = re.search(r"Place\W{0,3}(\d+)", sent, re.IGNORECASE)
    longitude = f"{PLACE.longitude + int(number[1]) / 1000 if number else PLACE.longitude:.4f}"
    return replies(json.dumps(subject.sample).replace(str(PLACE.longitude), longitude))(request)


GEOCODER_LAWS: Mapping[str, tuple[Law[GeocoderSubject], str]] = {
    "declaration": (declaration, ""),
    "place": (place, "declaration"),
    "faults": (faults, "place"),
    "malformed": (malformed, "place"),
    "queries": (queries, "place"),
    "threads": (threads, "queries"),
}


def geocoder_trial(name: str, project: Path | None = None) -> Trial[GeocoderSubject]:
    """Put a geocoder of a project to the test."""
    return Trial(GeocoderSubject(name, project), GEOCODER_LAWS)
