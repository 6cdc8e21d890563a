"""Checks the results of hooks: the types of hookspecs.py, and values that the database can store."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from fleetfeed.fleet import Position
from fleetfeed.model import LONGEST_KEY, Changes, Row, Snapshot, StoredObject, Ticket

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 80
_COUNTS = ("staged", "superseded", "inserted", "updated", "unchanged", "absent", "returned")
_REQUIRED = ("feed_normalise", "feed_upsert")  # a wrapper that returns None would lose the others' result


def wrong(hook: str, answer: object, *, needed: bool = False) -> str:
    """Return what is wrong with a hook's result, and what is expected; '' if it is valid.

    `needed`: the result is that of a wrapper, and another plugin has returned one already.
    """
    if answer is None and not (needed and hook in _REQUIRED):
        return ""
    find, expected = _RULES.get(hook, (_nothing, ""))
    found = next(find(answer), None)
    return f"{found}; it has to be {expected}" if found is not None else ""


def _source(answer: object) -> Iterator[str]:
    if not isinstance(answer, Snapshot):
        yield _shown(answer)
        return
    yield from _stored("stored", answer.stored)
    if not _is_text(answer.sha256):
        yield f"a Snapshot whose sha256 is {_shown(answer.sha256)}"
    if answer.path is not None and not (isinstance(answer.path, Path) and answer.path.is_file()):
        yield f"a Snapshot whose path is {_shown(answer.path)}, and no Path of a file"
    for name, objects in (("listed", answer.listed), ("missing", answer.missing)):
        if not isinstance(objects, tuple):
            yield f"a Snapshot whose {name} is {_shown(objects)}, and no tuple"
        for number, stored in enumerate(objects if isinstance(objects, tuple) else ()):
            yield from _stored(f"{name}[{number}]", stored)


def _stored(name: str, stored: object) -> Iterator[str]:
    if not isinstance(stored, StoredObject):
        yield f"a Snapshot whose {name} is {_shown(stored)}, and no StoredObject"
    elif not (isinstance(stored.last_modified, datetime) and stored.last_modified.tzinfo):
        yield f"a Snapshot whose {name}.last_modified is {_shown(stored.last_modified)}, and no time with a zone"
    elif not (_is_text(stored.key) and _is_text(stored.etag) and type(stored.size) is int):
        yield f"a Snapshot whose {name} is {_SHORT.repr(stored)}: key and etag are texts, size is a whole number"


def _filter(answer: object) -> Iterator[str]:
    if not (isinstance(answer, str) and answer.strip() and answer.isprintable()):
        yield _shown(answer)


def _normalise(answer: object) -> Iterator[str]:
    if not isinstance(answer, Ticket):
        yield _shown(answer)
        return
    key = answer.key
    if not (_is_text(key) and key == key.strip() and 0 < len(key) <= LONGEST_KEY):
        yield f"a Ticket whose key is {_shown(key)}, and no text of 1 to {LONGEST_KEY} characters without spaces around"
    if not isinstance(answer.raw, Mapping):
        yield f"a Ticket whose raw is {_shown(answer.raw)}"
        return
    for name, cell in answer.raw.items():
        if not _is_text(name):
            yield f"a Ticket whose raw has the name {_shown(name)}"
        if not (_is_text(cell) and cell):
            yield f"a Ticket whose raw[{name!r}] is {_shown(cell)}, and no text that can be stored"
    if not isinstance(answer.row, Row):
        yield f"a Ticket whose row is {_shown(answer.row)}, and not the row it was made of"
    if not (answer.location_key is None or _is_text(answer.location_key)):
        yield f"a Ticket whose location_key is {_shown(answer.location_key)}"


def _upsert(answer: object) -> Iterator[str]:
    if not isinstance(answer, Changes):
        yield _shown(answer)
        return
    for name in _COUNTS:
        if type(count := getattr(answer, name)) is not int or count < 0:
            yield f"Changes whose {name} is {_shown(count)}, and no count"
    for name in ("fields", "unreadable"):
        found = getattr(answer, name)
        if not (isinstance(found, Mapping) and all(_is_text(key) and type(found[key]) is int for key in found)):
            yield f"Changes whose {name} is {_shown(found)}, and does not map names to counts"
    if not (isinstance(answer.examples, tuple) and all(_is_example(item) for item in answer.examples)):
        yield f"Changes whose examples are {_shown(answer.examples)}, and no tuple of ticket, column, old and new"


def _is_example(item: object) -> bool:
    return isinstance(item, tuple) and len(item) == 4 and all(part is None or _is_text(part) for part in item)


def _archive(answer: object) -> Iterator[str]:
    if not (isinstance(answer, list) and all(map(_is_text, answer))):
        yield _shown(answer)


def _positions(answer: object) -> Iterator[str]:
    if not (isinstance(answer, list) and all(isinstance(item, Position) for item in answer)):
        yield _shown(answer)
        return
    for position in answer:
        for fault in position.faults():
            yield f"a Position of {_SHORT.repr(position.unit)} whose {fault}"


def _anything(answer: object) -> Iterator[str]:
    yield _shown(answer)


def _nothing(answer: object) -> Iterator[str]:
    yield from ()


def _is_text(value: object) -> bool:
    """Whether a value is a string that PostgreSQL can store: without NUL and lone surrogates."""
    try:
        return isinstance(value, str) and "\0" not in value and value.encode() is not None
    except UnicodeEncodeError:
        return False


def _shown(value: object) -> str:
    return "None" if value is None else f"{_SHORT.repr(value)} (of type {type(value).__name__})"


_RULES: dict[str, tuple[Callable[[object], Iterator[str]], str]] = {
    "feed_source": (_source, "a Snapshot, or None where there is no export"),
    "feed_filter": (_filter, "a reason, which is a text that can be printed, or None to keep the row"),
    "feed_normalise": (_normalise, "a Ticket, or RowRejected raised with a reason"),
    "feed_upsert": (_upsert, "Changes"),
    "feed_archive": (_archive, "the list of keys that were moved"),
    "unit_positions": (_positions, "a list of Positions, or None"),
    "feed_history": (_anything, "nothing"),
    "feed_ended": (_anything, "nothing"),
}  # geocoding/policy.py checks the answers of geocoders
