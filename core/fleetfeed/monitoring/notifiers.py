"""Notifications at the end of runs: a ping after each successful one, a webhook when a state changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fleetfeed.errors import DatabaseError, NotRecorded
from fleetfeed.hookspecs import hookimpl
from fleetfeed.model import RunReport
from fleetfeed.monitoring.alarm_state import GOOD, changing, last_sent
from fleetfeed.monitoring.freshness import concerns, freshness_of
from fleetfeed.monitoring.http_call import call
from fleetfeed.monitoring.payload import News
from fleetfeed.states import Alarm, Concern, Freshness, RunOutcome

if TYPE_CHECKING:
    from fleetfeed.database import Database

_WEBHOOK = "The webhook (FLEETFEED_NOTIFY__WEBHOOK)"


class Ping:
    """Call a URL after each successful applied run; a dead man's switch raises the alarm when the call is missing."""

    def __init__(self, url: str) -> None:
        self._url = url

    @hookimpl
    def feed_ended(self, run: RunReport) -> None:
        """Call the URL, unless the run failed or was busy."""
        if run.outcome.is_success and not (run.error or run.refused):
            call("The ping (FLEETFEED_NOTIFY__PING)", run.feed, self._url.replace("{feed}", run.feed))


class Webhook:
    """Send each change of a feed's state, once."""

    def __init__(self, url: str, bursts: Sequence[float]) -> None:
        """`bursts`: the thresholds, as `tickets.<feed>_bursts` takes them."""
        self._url, self._bursts = url, bursts
        self._sent_unrecorded = False  # a failure was sent while the database was unavailable

    @hookimpl
    def feed_ended(self, run: RunReport, db: Database | None) -> None:
        """Send that runs began to fail or succeed again, and changes of freshness and concerns."""
        if run.outcome is RunOutcome.BUSY:
            return
        bad = run.error is not None and not run.committed  # an error after the commit of the load is no alarm
        state = run.outcome if bad else RunOutcome.REFUSED if run.refused else GOOD[Alarm.RUN]
        news = News(run.feed, Alarm.RUN, state, run=run)
        if db is None:
            self._send_unrecorded(news)
            return
        try:
            self._send_change(db, news)
        except DatabaseError as error:  # for example SchemaBehind
            if self._send_unrecorded(news):
                raise NotRecorded("the webhook", error.cause) from error
            raise
        self.send_freshness(db, run.feed)
        self._send_bursts(db, run.feed)

    def send_freshness(self, db: Database, feed: str) -> None:
        """Send that a feed became stale or needs attention, or that this is over; freshness only after a first load."""
        freshness = freshness_of(db, feed)
        if freshness["state"] != Freshness.UNKNOWN:
            state = freshness["reason"] or GOOD[Alarm.FRESHNESS]
            self._send_change(db, News(feed, Alarm.FRESHNESS, state, freshness=freshness))
        found = concerns(db, feed)
        found.pop(Concern.REFUSED, None)  # is sent as the state of the run
        state = ", ".join(found) or GOOD[Alarm.CONTENT]
        self._send_change(db, News(feed, Alarm.CONTENT, state, freshness=freshness, concerns=found))

    def _send_bursts(self, db: Database, feed: str) -> None:
        """Send that there are other bursts than before; a burst is known by its first ticket."""
        found = db.one(f"SELECT tickets.{feed}_bursts(%s, %s, %s, %s)", self._bursts)["bursts"]
        state = ", ".join(sorted(burst["burst"] for burst in found)) or GOOD[Alarm.BURSTS]
        self._send_change(db, News(feed, Alarm.BURSTS, state, bursts=found))

    def _send_change(self, db: Database, news: News) -> None:
        if last_sent(db, news.feed, news.alarm).state == news.state:
            return
        with changing(db, news.feed, news.alarm, news.state) as before:
            if before.state != news.state:
                call(_WEBHOOK, news.feed, self._url, news.document(before))

    def _send_unrecorded(self, news: News) -> bool:
        """Send a failure although it may have been sent before: once per process, for all feeds together."""
        if news.state == GOOD[Alarm.RUN] or self._sent_unrecorded:
            return False
        call(_WEBHOOK, news.feed, self._url, news.document(None))
        self._sent_unrecorded = True
        return True
