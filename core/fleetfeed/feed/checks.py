"""Find all mistakes of a feed's declaration at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fleetfeed.feed.columns import Degrees, Moment, Whole
from fleetfeed.feed.names import COLUMN, DERIVED_NAMES, MARK, NAME, PLACE_COLUMNS, RESERVED, TABLE_COLUMNS
from fleetfeed.feed.problems import Choice, Problem, texts
from fleetfeed.feed.type_checks import Wrong, wrong_kinds
from fleetfeed.text.suggest import nearest

if TYPE_CHECKING:
    from fleetfeed.feed.fields import Fields

_OTHER_NAME = "`headers` can give it another name"
_PROBE = datetime(2026, 11, 23, 14, 5)  # noqa: DTZ001 (only shows whether a format confuses day and month)


def problems(feed: Fields) -> list[Problem]:
    """List the mistakes of a declaration."""
    if wrong := [_of_wrong_kind(feed, found) for found in wrong_kinds(feed)]:
        return wrong  # the other checks rely on the right types
    checks = (_choices, _names, _columns, _roles, _rules, _reading)
    return [problem for check in checks for problem in check(feed)]


def _of_wrong_kind(feed: Fields, found: Wrong) -> Problem:
    part, *inner = re.findall(r"\w+", found.name)  # columns[2].formats, roles.created
    column = feed.columns[int(inner[0])] if part == "columns" and inner else None
    about = getattr(column, "name", None) or next((name for name in inner if not name.isdigit()), part)
    return Problem(str(about), found.what, found.hint, part)


def _choices(feed: Fields) -> Iterator[Problem]:
    for part, value in vars(feed).items():
        for text in dict.fromkeys(texts(value)):
            if isinstance(text, Choice):
                yield Problem(text, f"a choice is left to you: {text}", "write the answer in place of choose(…)", part)


def _names(feed: Fields) -> Iterator[Problem]:
    names = [column.name for column in feed.columns]
    typed = {column.name for column in feed.columns if column.typed}
    taken = (TABLE_COLUMNS | (PLACE_COLUMNS & typed)) - {feed.key}
    if not NAME.fullmatch(feed.name) or feed.name in RESERVED:
        reserved = ", ".join(sorted(RESERVED))
        yield Problem(feed.name, f"a feed's name matches {NAME.pattern} and is not one of {reserved}", part="name")
    elif MARK in feed.name:
        yield Problem(feed.name, f"{feed.name!r} has two underscores in a row, as the tables of a rebuild", part="name")
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(name, f"column {name!r} is declared twice", part="columns")
    for name in names:
        if not COLUMN.fullmatch(name):
            hint = "small letters, digits and _, at most 59; `headers` maps the export's spelling to it"
            yield Problem(name, f"{name!r} is not a possible column name", hint, "columns")
        if name in taken:
            yield Problem(name, f"column {name!r} is one every feed's table has", _OTHER_NAME, "columns")
        if name in DERIVED_NAMES:
            yield Problem(name, f"column {name!r} would clash with what derives from a feed", _OTHER_NAME, "columns")
        if name == feed.key:
            yield Problem(name, f"the key {feed.key!r} is not declared as a column; it is implied", part="columns")
        if name in feed.ignore:
            yield Problem(name, f"column {name!r} is both declared and ignored", part="ignore")


def _columns(feed: Fields) -> Iterator[Problem]:
    moments = _moments(feed)
    for name in feed.winner:
        if name not in moments and not isinstance(name, Choice):
            yield Problem(name, f"winner {name!r} is not a declared Moment", _near(name, moments), "winner")
    for moment in moments.values():
        if moment.zone and not isinstance(moment.zone, Choice) and not _is_zone(moment.zone):
            yield Problem(moment.zone, f"there is no time zone {moment.zone!r}", '"Europe/Vienna", "UTC"')
        for form in moment.formats:
            if not isinstance(form, Choice) and (wrong := _wrong_format(form)):
                yield Problem(form, f"the format {form!r} of {moment.name!r} {wrong}", part="columns")
    yield from _numbers(feed)
    if not feed.key.strip() or feed.key != feed.key.strip():
        yield Problem(feed.key, f"the key {feed.key!r} can be no column of an export", part="key")
    if feed.key in feed.ignore:
        yield Problem(feed.key, f"the key {feed.key!r} is ignored", part="ignore")


def _numbers(feed: Fields) -> Iterator[Problem]:
    for column in feed.columns:
        decimal = column.decimal if isinstance(column, Whole | Degrees) else ""
        thousands = column.thousands if isinstance(column, Whole) else ""
        if isinstance(decimal, Choice) or isinstance(thousands, Choice):
            continue
        if decimal not in ("", ".", ","):
            yield Problem(column.name, f"{column.name!r} has the decimal sign {decimal!r}", '"." or ","', "columns")
        if thousands not in ("", ".", ",", " ", "'") or (thousands and thousands == decimal):
            hint = '",", ".", " " or "\'", and not the decimal sign'
            yield Problem(column.name, f"{column.name!r} has the thousands sign {thousands!r}", hint, "columns")
        if thousands and not decimal:
            what = f"{column.name!r} has a thousands sign and no decimal sign"
            yield Problem(column.name, what, 'decimal="." or decimal=","', "columns")


def _roles(feed: Fields) -> Iterator[Problem]:
    kinds = {column.name: type(column).__name__ for column in feed.columns}
    typed = {column.name for column in feed.columns if column.typed}
    roles, moments = feed.roles, _moments(feed)
    named = [value for value in vars(roles).values() if isinstance(value, str)] + list(roles.created)
    for name in dict.fromkeys(named):
        if name not in kinds and not isinstance(name, Choice):
            yield Problem(name, f"role {name!r} is not a declared column", _near(name, kinds), "roles")
    for needed in ("status", *(["closed_statuses"] if roles.closed is not None else []), "created"):
        if not getattr(roles, needed):
            hint = "() is for feeds without the role `closed`" if needed == "closed_statuses" else ""
            yield Problem(needed, f"the role {needed!r} is missing", hint, "roles")
    for name in dict.fromkeys(filter(None, (roles.closed, *roles.created))):
        if name in kinds and name not in moments:
            yield Problem(name, f"role {name!r} is not a Moment", part="roles")
    for role, name in vars(roles).items():
        if isinstance(name, str) and role not in PLACE_COLUMNS and name in kinds.keys() - typed:
            yield Problem(
                name, f"the {role} {name!r} gets no column", "declare it as Text, or leave the role out", "roles"
            )
    for role, kind in (("actionable", "YesNo"), ("mttr", "Whole")):
        name = getattr(roles, role)
        if kinds.get(name, kind) != kind:
            yield Problem(name, f"role {name!r} is not a {kind}", part="roles")
    for word in roles.open_statuses:
        if word in roles.closed_statuses and not isinstance(word, Choice):
            yield Problem(word, f"the status {word!r} is both open and closed", part="roles")
    for word in roles.cancelled_statuses:
        if word not in roles.closed_statuses and not isinstance(word, Choice):
            yield Problem(word, f"the cancelled status {word!r} is not one of the closed ones", part="roles")


def _rules(feed: Fields) -> Iterator[Problem]:
    names = [column.name for column in feed.columns]
    for name in feed.bookkeeping:
        if name not in names:
            yield Problem(name, f"bookkeeping {name!r} is not a declared column", _near(name, names), "bookkeeping")
    for drop in feed.drops:
        if drop.column not in names:
            what = f"drop on {drop.column!r}, which is not declared"
            yield Problem(drop.column, what, _near(drop.column, names), "drops")
        if not (drop.reason.strip() and drop.reason.isprintable()):
            what = f"drop on {drop.column!r} for the reason {drop.reason!r}, which is blank or not printable"
            yield Problem(drop.column, what, part="drops")
    box = feed.country
    if box and not (-90 <= box.south < box.north <= 90 and -180 <= box.west < box.east <= 180):
        hint = "south < north and west < east, in degrees"
        yield Problem("country", f"the country {box} is empty", hint, "country")
    for code in feed.codes:
        if wrong := _wrong_code(code):
            yield Problem(code, f"the code {code!r} {wrong}", part="codes")


def _reading(feed: Fields) -> Iterator[Problem]:
    """Check how exports are read."""
    sign = feed.delimiter
    if feed.skip < 0:
        yield Problem("skip", f"skip is {feed.skip}", "the number of lines before the header", "skip")
    if len(sign) != 1 or not sign.isascii() or sign.isalnum() or sign in '" \r\n\0':
        what = f"the delimiter {sign!r} is not one character that separates cells"
        yield Problem(sign, what, '"," or ";" or "\\t"', "delimiter")
    try:
        b"a".decode(feed.encoding, "replace")
    except (LookupError, ValueError):
        what = f"there is no encoding {feed.encoding!r}"
        yield Problem(feed.encoding, what, '"utf-8", "cp1252", "utf-16"', "encoding")
    for text in feed.nulls:
        if not text or text != text.strip():
            hint = "cells are compared trimmed, and without quotes"
            yield Problem(text, f"the null {text!r} can never be a cell", hint, "nulls")
    for spelt, name in feed.headers.items():
        if name not in feed.known:
            what = f"the header {spelt!r} names the column {name!r}, which is not declared"
            yield Problem(name, what, _near(name, feed.known), "headers")
        if spelt in feed.known - {name}:
            yield Problem(
                spelt, f"the header {spelt!r} names the column {name!r}, but is declared itself", part="headers"
            )


def _moments(feed: Fields) -> dict[str, Moment]:
    return {column.name: column for column in feed.columns if isinstance(column, Moment)}


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _near(name: str, known: Iterable[str]) -> str:
    near = nearest(name, known)
    return f"did you mean {near!r}?" if near else ""


def _wrong_format(form: str) -> str:
    """Return what is wrong with a time format; it has to contain a full date."""
    if "%Z" in form:
        return 'has %Z, which reads a name but no offset: write the name itself, such as UTC, and zone="UTC"'
    try:
        read = datetime.strptime(_PROBE.strftime(form.replace("%z", "+0000")), form.replace("%z", "+0000"))  # noqa: DTZ007
    except ValueError as error:
        return f"is none of strptime's: {error}"
    return "" if read.date() == _PROBE.date() else "does not contain year, month and day"


def _wrong_code(code: str) -> str:
    """Return what is wrong with a code pattern; it must be anchored, as text within a name may be part of the name."""
    try:
        if re.compile(code).search(""):
            return "matches nothing at all"
    except re.error as error:
        return f"is no pattern: {error}"
    return "" if code.startswith("^") or code.endswith("$") else "begins with no ^ and ends with no $"
