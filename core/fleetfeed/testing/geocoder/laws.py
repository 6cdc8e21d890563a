"""The laws of a geocoder by name, each with the law that has to hold first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from hypothesis import strategies as st

from fleetfeed.geo import GeocodeQuery, Geocoder, GeocodeResult, Point
from fleetfeed.geocoding.guard import judge
from fleetfeed.testing.broken import shown
from fleetfeed.testing.explore import explore
from fleetfeed.testing.feed.cells import JUNK
from fleetfeed.testing.geocoder.faults import faults
from fleetfeed.testing.geocoder.host import PLACE, QUERY, replies
from fleetfeed.testing.geocoder.malformed import spoiled
from fleetfeed.testing.geocoder.subject import GeocoderSubject, sound
from fleetfeed.testing.geocoder.threads import threads
from fleetfeed.testing.trial import Law


def declaration(subject: GeocoderSubject) -> None:
    """Check that there is a `geocode` hook, and that GEOCODER makes sense."""
    known = [item.name for item in fields(Geocoder) if item.name != "needs"]
    unknown = [name for name in subject.declared.needs if name not in known]
    wrong = [f"needs: there is no {name!r} (there are {', '.join(known)})" for name in unknown]
    for limit in ("per_second", "per_minute", "per_day", "per_run"):
        if (value := getattr(subject.declared, limit)) is not None and value <= 0:
            wrong.append(f"{limit} is {value}: it would never be asked")
    if "geocode" not in subject.plugin.hooks:
        wrong.append("there is no `geocode` marked with @hookimpl")
    if wrong:
        raise subject.broken("a geocoder that can be asked", "\n".join(wrong), "GEOCODER and geocode")


def place(subject: GeocoderSubject) -> None:
    """Check that the place of an answer is found and passes the guard, and that no place gives no result."""
    if not subject.asks_host:
        return
    with subject.asking(replies(subject.sample)) as ask:
        found = ask(QUERY)
    sound(subject, found, "a host that knows the place")
    if not isinstance(found.result, GeocodeResult) or found.result.point != PLACE:
        form = f"{subject.sample_file} has" if subject.sample_file.is_file() else "Nominatim's form has"
        expected = f"the place at {PLACE.latitude}, {PLACE.longitude} that {form}"
        look = f"(in a form of its own: an answer with that place as {subject.sample_file}) geocode"
        raise subject.broken(expected, found.shown(subject.file), look, shown(subject.sample))
    if reason := judge(QUERY, found.result).reason:
        expected = "a street that passes the wrong-place guard"
        raise subject.broken(expected, reason, "precision, geocode", shown(subject.sample))
    with subject.asking(replies([])) as ask:
        none = ask(QUERY)
    if none.result is not None or (none.raised and isinstance(subject.sample, list)):
        raise subject.broken("None where the host knows no place", none.shown(subject.file), "geocode", "200 with []")


def spoiled_answers(subject: GeocoderSubject) -> None:
    """Check that a malformed answer raises only declared errors, and that an invalid degree makes no place."""
    for what, body, no_place in spoiled(subject.sample, PLACE) if subject.asks_host else ():
        with subject.asking(replies(body)) as ask:
            answer = ask(QUERY)
        sound(subject, answer, what)
        if no_place and isinstance(answer.result, GeocodeResult) and answer.result.point.exists:
            expected = "no place: Point.read() makes none of what is no number, or out of range"
            raise subject.broken(expected, answer.shown(subject.file), "geocode", what)


def queries(subject: GeocoderSubject) -> None:
    """Check that any query is answered, or raises a declared error."""

    def law(query: GeocodeQuery) -> None:
        with subject.asking(replies(subject.sample)) as ask:
            sound(subject, ask(query), shown(query))

    texts = st.one_of(st.sampled_from(JUNK), st.text(max_size=40))
    points = st.builds(Point, st.sampled_from((-90.0, -1.29, 90.0)), st.sampled_from((-180.0, 36.78, 180.0)))
    boxes = st.sampled_from((None, QUERY.country))
    explore(st.builds(GeocodeQuery, texts, boxes, st.none() | points, st.sampled_from((0.1, 25.0, 2e4))), law, few=50)


GEOCODER_LAWS: Mapping[str, tuple[Law[GeocoderSubject], str]] = {
    "declaration": (declaration, ""),
    "place": (place, "declaration"),
    "faults": (faults, "place"),
    "spoiled": (spoiled_answers, "place"),
    "queries": (queries, "place"),
    "threads": (threads, "queries"),
}
