"""Malformed answers of a geocoder's host: one value at a time is replaced or removed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from fleetfeed.geo import Point

Path = tuple[str | int, ...]
# None of them is a degree, although float() accepts some: other digits, an underscore, True.
VALUES: tuple[Any, ...] = (
    *(None, True, math.nan, math.inf, 10**400, 1000, "", "nan", "1_0", "٣", "a\0b", "x" * 3_000),
    *([], {}, [[]], {"a": None}),
)


def spoiled(body: Any, place: Point) -> Iterator[tuple[str, Any, bool]]:
    """Yield a description, the changed body, and whether the change removes one of the place's degrees."""
    for path in _paths(body):
        degrees = str(_at(body, path)) in (str(place.latitude), str(place.longitude))
        where = "".join(f"[{step!r}]" for step in path) or "all of it"
        for value in VALUES:
            yield f"{where} = {value!r:.40}", _with(body, path, value), degrees
        if path and isinstance(path[-1], str):
            yield f"no {where}", _without(body, path), degrees


def moved(body: Any, place: Point, number: int) -> Any:
    """Move the place by an offset that depends on the number."""
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
