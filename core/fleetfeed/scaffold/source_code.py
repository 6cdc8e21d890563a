"""Write a draft as Python source: the files of a feed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from fleetfeed.feed.problems import Choice
from fleetfeed.scaffold.columns import Guess
from fleetfeed.scaffold.draft import Draft
from fleetfeed.scaffold.roles import Parts
from fleetfeed.text.escape import counted
from fleetfeed.text.install import install

_WIDTH = 105  # of a line with its note, without its indentation
_HEAD = '''"""{name}: {origin}. Read it, and correct it by hand.

fleetfeed's docs/new-feed.md and docs/plugins.md explain each part. Where a `choose(…)` stands, only you can decide:
until all are replaced the feed does not load, and `fleetfeed feeds check {name}` lists them.
"""
'''
_TEST = f'''"""Run the conformance tests on the feed {{name}}.

They need, {install("testing")}
"""

from fleetfeed.testing import conformance

test_feed = conformance("{{name}}")
'''


def declaration(name: str, draft: Draft, parts: Parts, zone: str, origin: str) -> str:
    """Write the declaration: one column per line, with the evidence beside it."""
    times = {guess.formats for guess in draft.of_kind("Moment")} - {()}
    shared = next(iter(times)) if len(times) == 1 else ()
    body = [
        f"name={literal(name)},",
        *_with_note(f"key={literal(parts.key)},", _versions(draft)),
        *_unless_empty("winner", parts.winner, "of several records with one key, the latest by these times wins"),
        *_unless_default("delimiter", draft.dialect.delimiter, ","),
        *_unless_default("encoding", draft.dialect.encoding, "utf-8"),
        *([f"skip={parts.skip},  # lines before the header"] if parts.skip else []),
        *_unless_empty("nulls", draft.nulls, "cells that mean null"),
        *_headers(draft.headers),
        "columns=(",
        *(f"    {line}" for guess in draft.columns if guess is not draft.key for line in _column(guess, parts, shared)),
        "),",
        *_unless_empty("bookkeeping", parts.bookkeeping, "a change of these alone is no event of a ticket"),
        "roles=Roles(",
        *(f"    {line}" for role, value in parts.roles.items() for line in _role(role, value, draft, parts)),
        "),",
    ]
    text = "\n".join(["FEED = Feed(", *(f"    {line}" for line in body), ")", ""])
    constants = _with_note(f"ZONE = {literal(zone)}", "the zone of times without an offset")
    constants += [f"TIMES = {literal(shared)}"] if shared else []
    head = _HEAD.format(name=name, origin=origin)
    return "\n".join([head, f"from fleetfeed import {', '.join(_names(text, shared))}\n", *constants, "", text])


def test_file(name: str) -> str:
    """Write the test file of a feed."""
    return _TEST.format(name=name)


def literal(value: str | tuple[str, ...]) -> str:
    """Write a value as Python source, in double quotes."""
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))}{',' if len(value) == 1 else ''})"
    text = json.dumps(value, ensure_ascii=False) if value.isprintable() else ascii(value)
    return f"choose({text})" if isinstance(value, Choice) else text


def evidence(guess: Guess, records: int) -> str:
    """Describe the cells of a column in short."""
    cells = guess.cells
    if not cells.filled:
        return "always empty"
    share = "always there" if cells.filled == records else f"{100 * cells.filled / records:.0f} % there"
    return f"{share}, {cells.distinct:,} different" + (f", {guess.bad:,} bad" if guess.bad else "")


def _names(text: str, shared: tuple[str, ...]) -> Iterator[str]:
    used = ("Degrees", "Feed", "Moment", "Roles", "Text", "Whole", "YesNo")
    yield from (name for name in used if f"{name}(" in text)
    if "choose(" in text or any(isinstance(form, Choice) for form in shared):
        yield "choose"


def _column(guess: Guess, parts: Parts, shared: tuple[str, ...]) -> list[str]:
    arguments = [literal(guess.name)]
    if guess.folds or (guess.name == parts.roles.get("status") and parts.status_folds):
        arguments.append("fold=str.lower")
    if guess.kind == "Moment":
        arguments.append(f"zone={literal(guess.zone) if guess.zone else 'ZONE'}")
        if guess.formats:
            arguments.append(f"formats={'TIMES' if guess.formats == shared else literal(guess.formats)}")
    arguments += [f"{name}={literal(sign)}" for name, sign in guess.signs._asdict().items() if sign]
    return _with_note(f"{guess.kind}({', '.join(arguments)}),", evidence(guess, parts.records))


def _role(role: str, value: str | tuple[str, ...], draft: Draft, parts: Parts) -> list[str]:
    status = parts.roles["status"]
    words = [guess.cells.few for guess in draft.columns if guess.name == status] if role == "closed_statuses" else []
    note = ", ".join(word for word in words[0] if word.isprintable()) if words else ""
    if isinstance(value, tuple) and any(isinstance(text, Choice) for text in value):
        lines = [f"{role}=(", *(f"    {literal(text)}," for text in value), "),"]
    else:
        lines = [f"{role}={literal(value)},"]
    return [*_with_note(lines[0], f"of {note}" if note else ""), *lines[1:]]


def _versions(draft: Draft) -> str:
    if draft.key is None:
        return ""
    many = draft.key.cells.distinct
    return f"{counted(many, 'ticket')} in {counted(draft.records, 'record')}"


def _headers(headers: Mapping[str, str]) -> Iterator[str]:
    if headers:
        yield "headers={  # how the export spells a column: its name here"
        yield from (f"    {literal(spelt)}: {literal(name)}," for spelt, name in headers.items())
        yield "},"


def _unless_empty(part: str, value: tuple[str, ...], note: str) -> Iterable[str]:
    return _with_note(f"{part}={literal(value)},", note) if value else []


def _unless_default(part: str, value: str, default: str) -> Iterable[str]:
    return [f"{part}={literal(value)},"] if value != default else []


def _with_note(code: str, note: str) -> list[str]:
    """Put a note beside a line, or above it if the line would be too long."""
    if len(code) + len(note) > _WIDTH:
        return [f"# {note}", code]
    return [f"{code}  # {note}" if note else code]
