"""Find the header of an export, and name its columns."""

from __future__ import annotations

import codecs
import csv
import json
import mmap
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from fleetfeed.errors import ExportRefused
from fleetfeed.feed.layout import Layout
from fleetfeed.reader.scanner import Span, walk
from fleetfeed.text.parse import as_seen

SIGNS = ",;\t|"
_MOST_LINES = 50  # searched for the header: reports begin with titles, dates and filters
LONGEST_HEADER = 1 << 20  # bytes; 2,000 columns with long names take a fifth of it
_MOST_COLUMNS = 2_000
_TITLES = "If lines come before the header, write how many as `skip` in the feed's declaration; else ask the exporter."
_LESS = "Write a smaller `skip` in the feed's declaration."
_SEP = re.compile(rb'\A\s*"?sep=([^"\n])"?[ \t]*\n')


class Header(NamedTuple):
    """The header of an export."""

    span: Span
    text: bytes
    cells: tuple[str, ...]  # trimmed, as in the file
    names: tuple[str, ...]  # as declared, without trailing columns that have no name


def find_header(text: mmap.mmap, layout: Layout) -> Header:
    """Find the header: of the first 51 lines the one that names the key, and most of the other columns.

    Raises ExportRefused if there is none that can be used.
    """
    start = _after_lines(text, layout.skip)
    _check_sep(text, layout)
    first = next(walk(text, start, layout.skip + 1, layout.delimiter.encode()), None)
    if first is None:
        raise ExportRefused("the file holds no header, only blank lines", _LESS if layout.skip else "")
    found = _as_header(text, first, layout)
    if isinstance(found, Header) and (layout.key is None or _names_most(found, layout)):
        return found
    candidates = [] if layout.key is None or layout.skip else _later(text, first, layout)
    if isinstance(found, Header) and layout.key in found.names:
        candidates = [found, *candidates]
    if candidates:
        return max(candidates, key=lambda header: len(layout.known.intersection(header.names)))
    raise found if isinstance(found, ExportRefused) else _no_key(text, found, layout)


def sure_header(line: bytes, layout: Layout) -> Header | None:
    """Return the first line of a file as its header, with LF; None if more of the file has to be looked at."""
    line = line.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n")
    found = _as_header(line, Span(0, len(line), 1, 1), layout)
    if not line.endswith(b"\n") or b"\r" in line or b"\0" in line or not isinstance(found, Header):
        return None
    odd = b'"' in line and any('"' in cell for cell in found.cells)
    return None if odd or (layout.key is not None and not _names_most(found, layout)) else found


def names_of(cells: Sequence[str], layout: Layout) -> tuple[str, ...]:
    """Return the declared names of the columns; a repeated name gets a number (`labels_2`).

    Raises ExportRefused if two columns have the same name, or the key is repeated.
    """
    spelt = _numbered([cell or f"column_{place}" for place, cell in enumerate(cells, 1)])
    names = [_declared(cell, first, number, layout) for cell, first, number in spelt]
    names = _as_seen(names, layout)
    twice = {name for name, many in Counter(names).items() if many > 1}
    twice |= {layout.key} if layout.key in names and _repeats_of_key(names, layout) else set()
    if twice:
        which = ", ".join(map(repr, sorted(map(str, twice))))
        raise ExportRefused(f"its header names {which} twice", _how_to_distinguish(names, twice, layout))
    return tuple(names)


def _how_to_distinguish(names: list[str], twice: set[str], layout: Layout) -> str:
    """Return how a declaration can tell two columns of the same name apart."""
    if len(set(names)) == len(names):  # the key itself is repeated: the second one got a number
        more = " and ".join(map(repr, _repeats_of_key(names, layout)))
        return f"If the first one is the key, add {more} to `ignore` in the feed's declaration."
    first = min(name for name in names if name in twice)
    spelt = [text for text, name in layout.headers.items() if name == first]
    which = f"of {', '.join(map(repr, spelt))} " if spelt else ""
    return f"Two of its columns are read as {first!r}: correct `headers` {which}in the feed's declaration."


def _as_header(text: mmap.mmap | bytes, span: Span, layout: Layout) -> Header | ExportRefused:
    """Read one line as a header, or return why it is not one."""
    if span.fault:
        return ExportRefused(f"its header has {span.fault}", _TITLES if layout.key else "")
    if span.end - span.start > LONGEST_HEADER:
        return ExportRefused(f"its first line has {span.end - span.start:,} bytes, too many for a header")
    raw = text[span.start : span.end]
    try:
        cells = [cell.strip() for cell in next(csv.reader([raw.decode()], delimiter=layout.delimiter, strict=True))]
        if len(cells) > _MOST_COLUMNS:
            return ExportRefused(f"its header has {len(cells):,} columns; {_MOST_COLUMNS:,} at most can be read")
        named = len(cells)
        while named > 1 and not cells[named - 1]:
            named -= 1
        return Header(span, raw, tuple(cells), names_of(cells[:named], layout))
    except UnicodeDecodeError:
        return _not_decoded(layout)
    except csv.Error as error:
        return ExportRefused(f"its header is not CSV ({error})", _TITLES if layout.key else "")
    except ExportRefused as error:
        return error


def _not_decoded(layout: Layout) -> ExportRefused:
    if codecs.lookup(layout.encoding).name in ("utf-8", "utf-8-sig"):
        advice = 'Write its encoding in the feed\'s declaration, such as encoding="cp1252".'
        return ExportRefused("its header is not UTF-8; it is written in another encoding", advice)
    advice = "Correct `encoding` in the feed's declaration."
    return ExportRefused(f"its header is not written in {layout.encoding}, as its feed declares", advice)


def _names_most(header: Header, layout: Layout) -> bool:
    """Whether a line is certainly the header: a title may contain the key's name, too."""
    return layout.key in header.names and 2 * len(layout.known.intersection(header.names)) >= len(layout.known)


def _later(text: mmap.mmap, first: Span, layout: Layout) -> list[Header]:
    """List the lines after the first one that name the key."""
    spans = (
        next(walk(text, *place, layout.delimiter.encode()), None) for place in _lines(text, first.start, first.line)
    )
    found = (_as_header(text, span, layout) for span in spans if span)
    return [header for header in found if isinstance(header, Header) and layout.key in header.names]


def _lines(text: mmap.mmap, start: int, line: int) -> Iterator[tuple[int, int]]:
    """Yield the start and number of the following physical lines."""
    for number in range(line + 1, line + 1 + _MOST_LINES):
        start = text.find(b"\n", start) + 1
        if not start:
            return
        yield start, number


def _after_lines(text: mmap.mmap, skip: int) -> int:
    start = 0
    for _ in range(skip):
        start = text.find(b"\n", start) + 1
        if not start:
            raise ExportRefused(f"it has not even the {skip:,} lines that the feed declares as `skip`", _LESS)
    return start


def _check_sep(text: mmap.mmap, layout: Layout) -> None:
    """Check that a first line `sep=;` names the declared delimiter. Raises ExportRefused."""
    found = _SEP.match(text)
    if found and layout.key and (sign := found[1].decode("utf-8", "replace")) != layout.delimiter:
        raise ExportRefused(
            f"its first line says that {sign!r} separates its cells, but the feed declares {layout.delimiter!r}",
            _delimited_by(sign),
        )


def _no_key(text: mmap.mmap, first: Header, layout: Layout) -> ExportRefused:
    start = ", ".join(first.cells[:8])[:200]
    for sign in SIGNS.replace(layout.delimiter, ""):
        other = replace(layout, delimiter=sign, skip=0)
        span = next(walk(text, delimiter=sign.encode()), None)
        found = _as_header(text, span, other) if span else None
        if (isinstance(found, Header) and layout.key in found.names) or (span and _later(text, span, other)):
            return ExportRefused(
                f"its header does not name {layout.key!r}; it looks separated by {sign!r} instead of "
                f"{layout.delimiter!r}",
                _delimited_by(sign),
            )
    advice = f'If a column has another name now, write headers={{"NAME": "{layout.key}"}} in the feed\'s declaration'
    advice += (
        f"; if skip={layout.skip} leaves out the header, correct that." if layout.skip else "; else ask the exporter."
    )
    return ExportRefused(f"its header does not name {layout.key!r} (it begins: {start})", advice)


def _delimited_by(sign: str) -> str:
    return f"Write delimiter={json.dumps(sign)} in the feed's declaration."


def _numbered(cells: list[str]) -> list[tuple[str, str, int]]:
    """Number repeated cells. Returns for each the unique name, the cell, and its number."""
    taken, count = set(cells), Counter[str]()
    found = []
    for cell in cells:
        count[cell] += 1
        if (number := count[cell]) > 1:
            while f"{cell}_{number}" in taken:
                number += 1
            count[cell] = number
            taken.add(f"{cell}_{number}")
        found.append((f"{cell}_{number}" if number > 1 else cell, cell, number))
    return found


def _declared(spelt: str, cell: str, number: int, layout: Layout) -> str:
    if spelt in layout.headers or number == 1:
        return layout.headers.get(spelt, spelt)
    return f"{layout.headers.get(cell, cell)}_{number}"


def _as_seen(names: list[str], layout: Layout) -> list[str]:
    """Match undeclared names with declared ones by as_seen(), where the match is unique."""
    there = {name for name in names if name in layout.known}
    meant: dict[str, set[str]] = {}
    for spelt, name in [*((name, name) for name in layout.known), *layout.headers.items()]:
        meant.setdefault(as_seen(spelt), set()).add(name)
    alike = Counter(as_seen(name) for name in names if name not in there)
    found = []
    for name in names:
        seen = as_seen(name)
        one = meant.get(seen, set()) - there if name not in there and alike[seen] == 1 else set()
        found.append(one.pop() if len(one) == 1 and len(meant[seen]) == 1 else name)
    return found


def _repeats_of_key(names: list[str], layout: Layout) -> list[str]:
    repeated = re.compile(rf"{re.escape(layout.key or '')}_\d+")
    return [name for name in names if repeated.fullmatch(name) and name not in layout.known]
