"""New statuses of a feed: each may mean closed, until the feed declares it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fleetfeed.feed import Feed
from fleetfeed.model import RunReport

MOST = 200  # a column with more distinct values is free text, not a status


def judge(report: RunReport, feed: Feed, known: Iterable[str], still_new: Iterable[str]) -> None:
    """Find statuses that are new in the feed, and warn of them; those of a first load count as known."""
    before = set(known)
    fresh = {*unexplained(feed, report.statuses.keys() - before)} if before else set[str]()
    report.known_statuses = sorted(before | report.statuses.keys())
    report.new_statuses = unexplained(feed, fresh | set(still_new))
    if len(report.known_statuses) > MOST:
        report.known_statuses, report.new_statuses = [], []
        return
    report.warnings += _warnings(report, sorted(fresh))


def unexplained(feed: Feed, words: Iterable[str]) -> list[str]:
    """Return the statuses that the feed does not declare, sorted."""
    return sorted({*words} - {*feed.roles.closed_statuses, *feed.roles.open_statuses})


def _warnings(report: RunReport, fresh: list[str]) -> Iterator[str]:
    for status in fresh:
        many, closed = report.statuses[status], report.closings[status]
        tickets = f"{many:,} ticket{'s have' if many > 1 else ' has'} it and count{'s' * (many == 1)} as open"
        though = f", though {closed:,} of them came with a closing time" if closed else ""
        declare = "name it in closed_statuses or open_statuses of the feed"
        yield f"{status!r} is a status that this feed never had: {tickets}{though}; {declare}"
