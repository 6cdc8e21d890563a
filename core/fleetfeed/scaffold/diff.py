"""Two exports of a feed, or of nobody's yet, opened and compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fleetfeed.errors import UsageError
from fleetfeed.feed import Feed
from fleetfeed.scaffold.compare import Change, compare
from fleetfeed.scaffold.consequences import told
from fleetfeed.scaffold.dialect import Dialect, sniff
from fleetfeed.scaffold.table import Table, tabulated


@dataclass(frozen=True, slots=True)
class Diff:
    """Hold what became of an export."""

    old: tuple[int, int]  # records and columns
    new: tuple[int, int]
    changes: list[Change]


def diff(old: Path, new: Path, feed: Feed | None) -> Diff:
    """Compare two exports. Raises UsageError for a file that is none."""
    headers = feed.headers if feed else {}
    ways = [(path, _dialect(path, feed), headers) for path in (old, new)]
    with tabulated(*ways[0]) as before, tabulated(*ways[1]) as after:
        changes = compare(before, after, feed)
        if feed:
            changes = [*_refused(after, feed), *told(changes, feed)]
        sizes = [(table.records, len(table.header)) for table in (before, after)]
        return Diff(sizes[0], sizes[1], changes)


def _dialect(path: Path, feed: Feed | None) -> Dialect | None:
    """Give the dialect that the feed declares; None where an export cannot be read so, but perhaps otherwise."""
    if feed is None or not path.is_file():
        return None
    declared = Dialect(feed.delimiter, feed.encoding)
    if sniff(path) == declared:
        return declared
    try:
        with tabulated(path, declared, feed.headers) as table:
            return declared if feed.key in table.header else None
    except UsageError:
        return None


def _refused(new: Table, feed: Feed) -> Iterator[Change]:
    """Tell first that nothing of the new export would be loaded, if that is so."""
    is_not = {"delimiter": feed.delimiter, "encoding": feed.encoding}
    why = [
        f"its {name} is {now!r}, and the feed declares {declared!r}"
        for name, declared in is_not.items()
        if (now := getattr(new.dialect, name)) != declared
    ]
    if feed.key not in new.header:
        why.append(f"its header does not name the key, {feed.key!r}")
    if why:
        yield Change("refused", "", "; ".join(why), "the export is refused as it is: nothing of it is loaded")
