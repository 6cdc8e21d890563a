"""What happens after a run, however it ended."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, suppress
from typing import TYPE_CHECKING

from fleetfeed.errors import CommitUnanswered, DatabaseError, DeadlineExceeded, FleetfeedError, as_expected
from fleetfeed.pipeline import recorder
from fleetfeed.plugins.listeners import notify_end
from fleetfeed.runtime import logs
from fleetfeed.runtime.deadline import deadline
from fleetfeed.schedule.scheduler import FIRST_LOAD, RECORDS_PER_MINUTE

if TYPE_CHECKING:
    import pluggy

    from fleetfeed.database import Database
    from fleetfeed.pipeline.reporter import Reporter

END_WITHIN = 20  # seconds; the scheduler waits this much longer than the run's deadline


def end_by(error: Exception, reporter: Reporter) -> None:
    """Report a run that was ended by an error outside its stages."""
    report = reporter.report
    if report.error is not None:  # the first error is the one to report
        return
    expected = as_expected(error)
    if report.committing and not report.committed:
        reporter.unknown(CommitUnanswered(expected.cause))
    else:
        reporter.interrupted(expected)


def allow_first_load(feed: str, seconds: float | None, extend: Callable[[float], None], records: int) -> None:
    """Extend the deadline of a large first load, which would otherwise time out in every run."""
    if seconds is None:
        return
    allowed = max(seconds, FIRST_LOAD)
    extend(allowed)
    load = f"{feed}: the table is empty, and this first load of {records:,} records"
    takes = f"takes about {max(records // RECORDS_PER_MINUTE, 1):,} minutes, more on a slow server"
    until = f"it has {allowed / 3600:g} hours in place of --deadline; a scheduler with a limit of its own must allow it"
    logs.log(logs.WARNING, f"{load} {takes}; {until}", event="warning", feed=feed)


def announce(
    reporter: Reporter,
    observers: Callable[[str], pluggy.PluginManager],
    connect: Callable[[], AbstractContextManager[Database]],
    *,
    in_ledger: bool,
) -> None:
    """Record an applied run that failed before it was recorded, and call the observers."""
    report = reporter.report
    failed = report.run_id is None and isinstance(report.error, FleetfeedError) and report.error.exit_code == 1
    try:
        with deadline(END_WITHIN), ExitStack() as opened:
            listening = observers(report.feed)
            if not failed and not listening.hook.feed_ended.get_hookimpls():
                return
            db = None
            with suppress(DatabaseError):
                db = opened.enter_context(connect())
                if failed:
                    recorder.record_failed(db, reporter, in_ledger=in_ledger)
            notify_end(listening, reporter.report, db)
    except DeadlineExceeded:
        reporter.warn(f"the end of the run could not be recorded and sent within {END_WITHIN} s")
