"""The checks that a load must pass before it is committed."""

from __future__ import annotations

from datetime import datetime

from fleetfeed.errors import BalanceBroken, ExportRefused
from fleetfeed.feed import Feed
from fleetfeed.model import RunReport
from fleetfeed.text.escape import counted
from fleetfeed.text.times import moment

MANY_REJECTS = 50  # up to this many are accepted, whatever their share
MANY_ABSENT = 50  # up to this many tickets may become absent at once, whatever their share


def check_balance(report: RunReport) -> None:
    """Check that every record read is accounted for. Raises BalanceBroken."""
    rows = report.rows
    if rows.left_over:
        raise BalanceBroken(
            f"{counted(rows.read, 'record', 'was/were')} read, but {rows.left_over:,} of them "
            f"{'is' if rows.left_over == 1 else 'are'} not accounted for: {rows}.",
            effect="Everything was rolled back; nothing was written.",
            next_step="This is a fault of fleetfeed or of a plugin; please report it with this message.",
        )


def check_accepted(report: RunReport) -> None:
    """Check that at least one record of an export was accepted. Raises ExportRefused."""
    rows = report.rows
    if rows.read - rows.rejected.total() - rows.dropped.total() <= 0:
        why = ", ".join(f"{count:,} × {reason}" for reason, count in (rows.rejected + rows.dropped).most_common())
        raise ExportRefused(f"it holds not one record that could be accepted{f' ({why})' if why else ''}")


def check_rejects(report: RunReport, ratio: float) -> None:
    """Check that not too many records are unreadable. Raises ExportRefused."""
    rejected, read = report.rows.rejected.total(), report.rows.read
    if rejected > MANY_REJECTS and rejected > ratio * read:
        reasons = ", ".join(f"{count:,} × {reason}" for reason, count in report.rows.rejected.most_common())
        after = "" if report.applied else ", after a run with --apply"
        raise ExportRefused(
            f"{rejected:,} of its {read:,} records could not be read ({reasons}), more than "
            f"max_reject_ratio = {ratio:g} allows",
            f"`fleetfeed rejects list {report.feed}` shows them{after}.",
        )


def check_readable(report: RunReport, feed: Feed) -> None:
    """Check that times with a role can be read: a changed format would empty the whole column. Raises ExportRefused."""
    written = report.changes.inserted + report.changes.updated
    ends = [("closed", feed.roles.closed)] if feed.roles.closed else []
    for role, name in (*ends, *(("created", name) for name in feed.roles.created)):
        count = report.changes.unreadable.get(name, 0)
        # In a small feed: nearly all.
        many = count > MANY_REJECTS or (count > 2 and 10 * count > 9 * report.rows.read)
        if many and 2 * count > written:
            raise ExportRefused(
                f"in {count:,} of {written:,} tickets that are new or changed, {name!r} ({role}) is no time that the "
                "feed can read",
                f"`fleetfeed feeds diff {feed.name} EXPORT` shows how it is written; add that to `formats`, or run "
                "with --accept-incomplete to accept it once.",
            )


def check_written_order(written: datetime | None, last: datetime | None) -> None:
    """Check that changes are not loaded after later ones. Raises ExportRefused."""
    if written and last and written < last:
        raise ExportRefused(
            f"it was written on {moment(written, seconds=True)}, before the one that is loaded already "
            f"({moment(last, seconds=True)}), and its changes would undo later ones",
            "Run with --allow-older to load it anyway, or remove it from the folder.",
        )


def check_newest_order(newest: datetime | None, last: datetime | None, column: str) -> None:
    """Check that an export is not older than the loaded one. Raises ExportRefused."""
    if newest and last and newest < last:
        raise ExportRefused(
            f"its newest `{column}` is {moment(newest, seconds=True)}, older than "
            f"{moment(last, newest.tzinfo, seconds=True)} of the export that is loaded",
            "Run with --allow-older if it is meant to replace what is loaded.",
        )
