"""Answers of a geocoder's host that are none: an answer in which one value at a time is something else, or gone."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from fleetfeed.geo import Point

Path = tuple[str | int, ...]
# None of them is a degree, though float() takes some: another kind of digits, an underscore, True.
VALUES: tuple[Any, ...] = (
    *(None, True, math.nan, math.inf, 10**400, 1000, "", "nan", "1_0", "٣", "a\0b", "x" * 3_000),
    *([], {}, [[]], {"a": None}),
)


def spoiled(body: Any, place: Point) -> Iterator[tuple[str, Any, bool]]:
    """Yield what was done, the body, and whether it is one of the place's degrees that is none any more."""
    for path in _paths(body):
        degrees = str(_at(body, path)) in (str(place.latitude), str(place.longitude))
        where = "".join(f"[{step!r}]" for step in path) or "all of it"
        for value in VALUES:
            yield f"{where} = {value!r:.40}", _with(body, path, value), degrees
        if path and isinstance(path[-1], str):
            yield f"no {where}", _without(body, path), degrees


def moved(body: Any, place: Point, number: int) -> Any:
    """Put the place elsewhere: each number has its own."""
    for path in list(_paths(body)):
        for degrees in (place.latitude, place.longitude):
            if str(value := _at(body, path)) == str(degrees):
                other = round(degrees + number / 1000, 4)
                body = _with(body, path, str(other) if isinstance(value, str) else other)
    return body


def _paths(node: Any) -> Iterator[Path]:
    yield ()
    for step in node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        yield from ((step, *path) for path in _paths(node[step]))


def _at(node: Any, path: Path) -> Any:
    for step in path:
        node = node[step]
    return node


def _with(node: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    copy = node.copy()
    copy[path[0]] = _with(node[path[0]], path[1:], value)
    return copy


def _without(node: Any, path: Path) -> Any:
    *parents, name = path
    inner = {step: value for step, value in _at(node, tuple(parents)).items() if step != name}
    return _with(node, tuple(parents), inner)
