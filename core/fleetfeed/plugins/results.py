"""What a plugin may answer to each hook: the types that hookspecs.py names, and what the database can hold of them."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from fleetfeed.model import LONGEST_KEY, Changes, Row, Snapshot, StoredObject, Ticket

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 80
_COUNTS = ("staged", "superseded", "inserted", "updated", "unchanged", "absent", "returned")
_SETTLED = ("feed_normalise", "feed_upsert")  # None of a wrapper would lose what the others answered


def wrong(hook: str, answer: object, *, needed: bool = False) -> str:
    """Say what is wrong with an answer, and what it has to be; empty where it is one.

    `needed`: a wrapper's, whose hook has been answered already by somebody else.
    """
    if answer is None and not (needed and hook in _SETTLED):
        return ""
    find, expected = _RULES.get(hook, (_nothing, ""))
    found = next(find(answer), None)
    return f"{found}; it has to be {expected}" if found is not None else ""


def _source(answer: object) -> Iterator[str]:
    if not isinstance(answer, Snapshot):
        yield _told(answer)
        return
    yield from _stored("stored", answer.stored)
    if not _is_text(answer.sha256):
        yield f"a Snapshot whose sha256 is {_told(answer.sha256)}"
    if answer.path is not None and not (isinstance(answer.path, Path) and answer.path.is_file()):
        yield f"a Snapshot whose path is {_told(answer.path)}, and no Path of a file"
    for name, objects in (("listed", answer.listed), ("missing", answer.missing)):
        if not isinstance(objects, tuple):
            yield f"a Snapshot whose {name} is {_told(objects)}, and no tuple"
        for number, stored in enumerate(objects if isinstance(objects, tuple) else ()):
            yield from _stored(f"{name}[{number}]", stored)


def _stored(name: str, stored: object) -> Iterator[str]:
    if not isinstance(stored, StoredObject):
        yield f"a Snapshot whose {name} is {_told(stored)}, and no StoredObject"
    elif not (isinstance(stored.last_modified, datetime) and stored.last_modified.tzinfo):
        yield f"a Snapshot whose {name}.last_modified is {_told(stored.last_modified)}, and no time with a zone"
    elif not (_is_text(stored.key) and _is_text(stored.etag) and type(stored.size) is int):
        yield f"a Snapshot whose {name} is {_SHORT.repr(stored)}: key and etag are texts, size is a whole number"


def _filter(answer: object) -> Iterator[str]:
    if not (isinstance(answer, str) and answer.strip() and answer.isprintable()):
        yield _told(answer)


def _normalise(answer: object) -> Iterator[str]:
    if not isinstance(answer, Ticket):
        yield _told(answer)
        return
    key = answer.key
    if not (_is_text(key) and key == key.strip() and 0 < len(key) <= LONGEST_KEY):
        yield f"a Ticket whose key is {_told(key)}, and no text of 1 to {LONGEST_KEY} characters without spaces around"
    if not isinstance(answer.raw, Mapping):
        yield f"a Ticket whose raw is {_told(answer.raw)}"
        return
    for name, cell in answer.raw.items():
        if not _is_text(name):
            yield f"a Ticket whose raw has the name {_told(name)}"
        if not (_is_text(cell) and cell):
            yield f"a Ticket whose raw[{name!r}] is {_told(cell)}, and no text that can be stored"
    if not isinstance(answer.row, Row):
        yield f"a Ticket whose row is {_told(answer.row)}, and not the row it was made of"
    if not (answer.location_key is None or _is_text(answer.location_key)):
        yield f"a Ticket whose location_key is {_told(answer.location_key)}"


def _upsert(answer: object) -> Iterator[str]:
    if not isinstance(answer, Changes):
        yield _told(answer)
        return
    for name in _COUNTS:
        if type(count := getattr(answer, name)) is not int or count < 0:
            yield f"Changes whose {name} is {_told(count)}, and no count"
    for name in ("fields", "unreadable"):
        found = getattr(answer, name)
        if not (isinstance(found, Mapping) and all(_is_text(key) and type(found[key]) is int for key in found)):
            yield f"Changes whose {name} is {_told(found)}, and does not map names to counts"
    if not (isinstance(answer.examples, tuple) and all(_is_example(item) for item in answer.examples)):
        yield f"Changes whose examples are {_told(answer.examples)}, and no tuple of ticket, column, old and new"


def _is_example(item: object) -> bool:
    return isinstance(item, tuple) and len(item) == 4 and all(part is None or _is_text(part) for part in item)


def _archive(answer: object) -> Iterator[str]:
    if not (isinstance(answer, list) and all(map(_is_text, answer))):
        yield _told(answer)


def _anything(answer: object) -> Iterator[str]:
    yield _told(answer)


def _nothing(answer: object) -> Iterator[str]:
    yield from ()


def _is_text(value: object) -> bool:
    """Tell whether something is a text that PostgreSQL can hold: it has no NUL, and no half of a character."""
    try:
        return isinstance(value, str) and "\0" not in value and value.encode() is not None
    except UnicodeEncodeError:
        return False


def _told(value: object) -> str:
    return "None" if value is None else f"{_SHORT.repr(value)} (of type {type(value).__name__})"


_RULES: dict[str, tuple[Callable[[object], Iterator[str]], str]] = {
    "feed_source": (_source, "a Snapshot, or None where there is no export"),
    "feed_filter": (_filter, "a reason, which is a text that can be printed, or None to keep the row"),
    "feed_normalise": (_normalise, "a Ticket, or RowRejected raised with a reason"),
    "feed_upsert": (_upsert, "Changes"),
    "feed_archive": (_archive, "the list of keys that were moved"),
    "feed_history": (_anything, "nothing"),
    "feed_ended": (_anything, "nothing"),
}  # of geocoders geocoding/ask.py judges: each of their answers counts by itself
