"""Open and compare two exports, with or without a declared feed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from fleetfeed.errors import UsageError
from fleetfeed.feed import Feed
from fleetfeed.feed.layout import Layout
from fleetfeed.reader.completeness import missing_columns, role_columns
from fleetfeed.scaffold.compare import Change, compare
from fleetfeed.scaffold.consequences import with_consequences
from fleetfeed.scaffold.dialect import sniff
from fleetfeed.scaffold.table import Table, tabulated
from fleetfeed.states import Difference


@dataclass(frozen=True, slots=True)
class Diff:
    """The differences between two exports."""

    old: tuple[int, int]  # records and columns
    new: tuple[int, int]
    changes: list[Change]


def diff(old: Path, new: Path, feed: Feed | None) -> Diff:
    """Compare two exports. Raises UsageError if a file is not an export."""
    with tabulated(old, _layout(old, feed)) as before, tabulated(new, _layout(new, feed)) as after:
        changes = compare(before, after, feed)
        if feed:
            changes = [*_refused(before, after, feed), *with_consequences(changes, feed)]
        sizes = [(table.records, len(table.header)) for table in (before, after)]
        return Diff(sizes[0], sizes[1], changes)


def _layout(path: Path, feed: Feed | None) -> Layout | None:
    """Return the declared layout or, if the file can only be read with the detected one, that one."""
    if feed is None or not path.is_file():
        return None
    found = sniff(path)
    if (found.delimiter, found.encoding) == (feed.delimiter, feed.encoding):
        return feed.layout
    with suppress(UsageError), tabulated(path, feed.layout) as table:
        if feed.key in table.header:
            return feed.layout
    other = replace(feed.layout, delimiter=found.delimiter, encoding=found.encoding)
    with suppress(UsageError), tabulated(path, other):
        return other
    return None


def _refused(old: Table, new: Table, feed: Feed) -> Iterator[Change]:
    """Yield first whether the new export would be refused."""
    is_not = {"delimiter": feed.delimiter, "encoding": feed.encoding}
    why = [
        f"its {name} is {now!r}, and the feed declares {declared!r}"
        for name, declared in is_not.items()
        if (now := getattr(new.dialect, name)) != declared
    ]
    if feed.key not in new.header:
        why.append(f"its header does not name the key, {feed.key!r}")
    roles, lacked = role_columns(feed), [name for name in role_columns(feed) if name not in old.header]
    why += [f"its header lacks {name!r} ({roles[name]})" for name in missing_columns(feed, new.header, lacked)]
    if why:
        yield Change(Difference.REFUSED, "", "; ".join(why), "the export is refused as it is: nothing of it is loaded")
