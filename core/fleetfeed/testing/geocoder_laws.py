"""What every geocoder has to do: find a place, and survive whatever its host, its query or its neighbours bring."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import fields
from threading import Barrier, BrokenBarrierError
from urllib.parse import unquote_plus

import httpx
from hypothesis import strategies as st

from fleetfeed.errors import GeocoderUnavailable, NotAuthorised, NotUnderstood, RateLimited
from fleetfeed.geocoding.ask import check
from fleetfeed.geocoding.guard import judge
from fleetfeed.geocoding.model import GeocodeQuery, Geocoder, GeocodeResult, Point
from fleetfeed.testing.broken import Broken, shown
from fleetfeed.testing.cells import JUNK
from fleetfeed.testing.explore import explore
from fleetfeed.testing.geocoder_subject import DECLARED, KEY, PLACE, QUERY, Answer, GeocoderSubject, Host, fails, says
from fleetfeed.testing.spoiled import moved, spoiled
from fleetfeed.testing.trial import Law

THREADS = 8
_WAIT = 1.0  # seconds for all threads to be on their way at once
_ANY: tuple[type[Exception], ...] = DECLARED
_PAGE = "<!doctype html><html><body>Please log in</body></html>"
# What the host does, the errors that say so, and whether «not known here» says it as well.
FAULTS: tuple[tuple[str, Host, tuple[type[Exception], ...], bool], ...] = (
    ("400", says({"error": "Invalid Request"}, 400), _ANY, True),
    ("401", says({"error": "Invalid key"}, 401), (NotAuthorised,), False),
    ("403", says({"error": "Access restricted"}, 403), (NotAuthorised,), False),
    ("404", says({"error": "Unable to geocode"}, 404), _ANY, True),
    ("404 with a page", says(_PAGE, 404), _ANY, True),
    ("429", says({"error": "Rate Limited"}, 429), (RateLimited,), False),
    ("500", says({"error": "Unknown error"}, 500), (GeocoderUnavailable,), False),
    ("503 with a page", says(_PAGE, 503), (GeocoderUnavailable,), False),
    ("a host that takes too long", fails(httpx.ReadTimeout), (GeocoderUnavailable,), False),
    ("a host that cannot be reached", fails(httpx.ConnectError), (GeocoderUnavailable,), False),
    ("200 with a page", says(_PAGE), (NotUnderstood,), False),
    ("200 with nothing", says(""), (NotUnderstood,), False),
    ("200 with null", says("null"), (NotUnderstood,), False),
    ("200 cut short", says('[{"lat": "-1.29'), (NotUnderstood,), False),
    ("200 with bytes that are no text", says(b"\xff\xfe\x00"), (NotUnderstood,), False),
    ("200 with an error", says({"error": "Unknown error"}), (NotUnderstood,), True),
    ("200 with an empty object", says({}), (NotUnderstood,), True),
)


def declaration(subject: GeocoderSubject) -> None:
    """It answers the hook `geocode`, and says of what there is what it needs."""
    known = [item.name for item in fields(Geocoder) if item.name != "needs"]
    wrong = [f"needs: there is no {name!r} (there are {', '.join(known)})" for name in subject.declared.needs]
    wrong = [told for name, told in zip(subject.declared.needs, wrong, strict=True) if name not in known]
    for limit in ("per_second", "per_minute", "per_day", "per_run"):
        if (value := getattr(subject.declared, limit)) is not None and value <= 0:
            wrong.append(f"{limit} is {value}: it would never be asked")
    if "geocode" not in subject.plugin.hooks:
        wrong.append("there is no `geocode` marked with @hookimpl")
    if wrong:
        raise Broken("a geocoder that can be asked", "\n".join(wrong), f"GEOCODER and geocode in {subject.file}")


def place(subject: GeocoderSubject) -> None:
    """The one place of an answer is found where it lies, and the guard believes it; of none there is no result."""
    form = f"{subject.sample_file} says" if subject.sample_file.is_file() else "Nominatim's form has"
    look = f"geocode in {subject.file}"
    if not subject.asks_host:
        return
    with subject.asking(says(subject.sample)) as ask:
        found = ask(QUERY)
    _sound(subject, found, "a host that knows the place")
    if not isinstance(found.result, GeocodeResult) or found.result.point != PLACE:
        hint = f"{look}; where its provider has a form of its own, an answer with that place as {subject.sample_file}"
        expected = f"the place at {PLACE.latitude}, {PLACE.longitude} that {form}"
        raise Broken(expected, found.told(subject.file), hint, shown(subject.sample))
    if reason := judge(QUERY, found.result).reason:
        raise Broken(
            "a street that the wrong-place guard believes", reason, f"{look}: precision", shown(subject.sample)
        )
    with subject.asking(says([])) as ask:
        none = ask(QUERY)
    if none.result is not None or (none.raised and isinstance(subject.sample, list)):
        raise Broken("None where the host knows no place", none.told(subject.file), look, "200 with []")


def faults(subject: GeocoderSubject) -> None:
    """What goes wrong at the host is raised as the error that says what to do, and never holds the key."""
    for what, host, kinds, or_none in FAULTS if subject.asks_host else ():
        with _logged() as logged, subject.asking(host) as ask:
            answer = ask(QUERY)
        _sound(subject, answer, what)
        if not isinstance(answer.raised, kinds) and not (or_none and answer == Answer()):
            names = " or ".join([kind.__name__ for kind in kinds] + ["no result"] * or_none)
            raise Broken(f"{what}: {names}", answer.told(subject.file), f"geocode in {subject.file}")
        told = "".join(traceback.format_exception(answer.raised)) if answer.raised else ""
        for where, text in (("the error", told), ("the log", "\n".join(logged))):
            if KEY in text:
                came = f"{where} says: {next(line.strip() for line in text.splitlines() if KEY in line)}"
                raise Broken("the key is in no error and no log", came, f"geocode in {subject.file}", what)


def spoiled_answers(subject: GeocoderSubject) -> None:
    """Whatever one value of an answer is, nothing else is raised, and what is no degree makes no place."""
    for what, body, no_place in spoiled(subject.sample, PLACE) if subject.asks_host else ():
        with subject.asking(says(body)) as ask:
            answer = ask(QUERY)
        _sound(subject, answer, what)
        if no_place and isinstance(answer.result, GeocodeResult) and answer.result.point.exists:
            expected = "no place: Point.read() makes none of what is no number, or out of range"
            raise Broken(expected, answer.told(subject.file), f"geocode in {subject.file}", what)


def queries(subject: GeocoderSubject) -> None:
    """Whatever is asked for, it is answered, or one of the declared errors is raised."""

    def law(query: GeocodeQuery) -> None:
        with subject.asking(says(subject.sample)) as ask:
            _sound(subject, ask(query), shown(query))

    texts = st.one_of(st.sampled_from(JUNK), st.text(max_size=40))
    points = st.builds(Point, st.sampled_from((-90.0, -1.29, 90.0)), st.sampled_from((-180.0, 36.78, 180.0)))
    boxes = st.sampled_from((None, QUERY.country))
    explore(st.builds(GeocodeQuery, texts, boxes, st.none() | points, st.sampled_from((0.1, 25.0, 2e4))), law, few=50)


def threads(subject: GeocoderSubject) -> None:
    """The same query gets the same answer: again, in another order, and asked by several threads at once."""
    asked = [GeocodeQuery(f"Place {number}", QUERY.country, QUERY.near) for number in range(1, THREADS + 1)]
    barrier = Barrier(THREADS)

    def host(request: httpx.Request) -> httpx.Response:
        return _by_number(subject, request)

    def meeting(request: httpx.Request) -> httpx.Response:
        with suppress(BrokenBarrierError):
            barrier.wait(_WAIT)  # all are on their way before one is answered
        return _by_number(subject, request)

    with subject.asking(host) as ask:
        alone = [ask(query) for query in asked]
        again = [ask(query) for query in reversed(asked)][::-1]
    with subject.asking(meeting) as ask, ThreadPoolExecutor(THREADS) as pool:
        together = list(pool.map(ask, asked))
    for how, others in (("asked again, in another order", again), (f"asked in {THREADS} threads at once", together)):
        for query, one, other in zip(asked, alone, others, strict=True):
            _sound(subject, other, f"{query.text!r}, {how}")
            if (one.result, repr(one.raised)) != (other.result, repr(other.raised)):
                came = f"{query.text!r}: first {one.told(subject.file)},\nthen  {other.told(subject.file)}"
                look = f"geocode in {subject.file}: what it keeps from one call to the next"
                raise Broken(f"the same query gets the same answer, {how}", came, look)


def _by_number(subject: GeocoderSubject, request: httpx.Request) -> httpx.Response:
    """Answer each of the numbered places with a point of its own."""
    sent = unquote_plus(str(request.url)) + request.content.decode("utf-8", "replace")
    number = re.search(r"Place\W{0,3}(\d+)", sent, re.IGNORECASE)
    return says(moved(subject.sample, PLACE, int(number[1]) if number else 0))(request)


def _sound(subject: GeocoderSubject, answer: Answer, made: str) -> None:
    """Hold that an answer is None or what its type says, and an error one of those that are declared."""
    names, look = ", ".join(kind.__name__ for kind in DECLARED), f"geocode in {subject.file}"
    if answer.raised is not None and not isinstance(answer.raised, DECLARED):
        raise Broken(f"nothing is raised but {names}", answer.told(subject.file), look, made)
    try:
        if answer.result is not None:
            check(subject.name, answer.result)
    except NotUnderstood as error:
        raise Broken("a GeocodeResult or None", error.cause, look, made) from None


@contextmanager
def _logged() -> Iterator[list[str]]:
    """Collect what is logged, at every level."""
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


GEOCODER_LAWS: Mapping[str, tuple[Law[GeocoderSubject], str]] = {
    "declaration": (declaration, ""),
    "place": (place, "declaration"),
    "faults": (faults, "place"),
    "spoiled": (spoiled_answers, "place"),
    "queries": (queries, "place"),
    "threads": (threads, "queries"),
}
