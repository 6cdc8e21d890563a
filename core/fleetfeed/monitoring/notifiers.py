"""Who hears of the end of runs: a ping after each that did well, a webhook when a state changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleetfeed.errors import DatabaseError, NotEntered
from fleetfeed.hookspecs import hookimpl
from fleetfeed.model import RunReport
from fleetfeed.monitoring.alarm_state import GOOD, changing, told
from fleetfeed.monitoring.freshness import concerns, judged
from fleetfeed.monitoring.http_call import call
from fleetfeed.monitoring.payload import News
from fleetfeed.states import Alarm, RunOutcome

if TYPE_CHECKING:
    from fleetfeed.database import Database

_WEBHOOK = "The webhook (FLEETFEED_NOTIFY__WEBHOOK)"


class Ping:
    """Call an address after each applied run that did well: whoever misses the call raises the alarm."""

    def __init__(self, url: str) -> None:
        self._url = url

    @hookimpl
    def feed_ended(self, run: RunReport) -> None:
        """Call, unless the run failed or left the feed to another one."""
        if run.outcome.is_success and not (run.error or run.refused):
            call("The ping (FLEETFEED_NOTIFY__PING)", run.feed, self._url.replace("{feed}", run.feed))


class Webhook:
    """Tell each change of a feed's state, once."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._told_unsure = False  # a failure was told while the database could not be asked

    @hookimpl
    def feed_ended(self, run: RunReport, db: Database | None) -> None:
        """Tell that runs began to fail or do well again, and what the run made of the data's freshness."""
        if run.outcome is RunOutcome.BUSY:
            return
        bad = run.error is not None and not run.committed  # a load that is there, but not all after it, is no alarm
        state = run.outcome if bad else RunOutcome.REFUSED if run.refused else GOOD[Alarm.RUN]
        news = News(run.feed, Alarm.RUN, state, run=run)
        if db is None:
            self._tell_unsure(news)
            return
        try:
            self._note(db, news)
        except DatabaseError as error:  # it is behind, say
            if self._tell_unsure(news):
                raise NotEntered("the webhook", error.cause) from error
            raise
        self.note_freshness(db, run.feed)

    def note_freshness(self, db: Database, feed: str) -> None:
        """Tell that a feed became stale or needs a look, or that all is well again; before its first load no more."""
        freshness = judged(db, feed)
        if freshness["state"] != "unknown":
            state = freshness["reason"] or GOOD[Alarm.FRESHNESS]
            self._note(db, News(feed, Alarm.FRESHNESS, state, freshness=freshness))
        found = concerns(db, feed)
        found.pop(RunOutcome.REFUSED, None)  # that is told of the run
        state = ", ".join(found) or GOOD[Alarm.CONTENT]
        self._note(db, News(feed, Alarm.CONTENT, state, freshness=freshness, concerns=found))

    def _note(self, db: Database, news: News) -> None:
        if told(db, news.feed, news.alarm).state == news.state:
            return
        with changing(db, news.feed, news.alarm, news.state) as before:
            if before.state != news.state:
                call(_WEBHOOK, news.feed, self._url, news.document(before))

    def _tell_unsure(self, news: News) -> bool:
        """Tell of a failure although nobody can say whether it was told before: once, for the feeds of a process."""
        if news.state == GOOD[Alarm.RUN] or self._told_unsure:
            return False
        call(_WEBHOOK, news.feed, self._url, news.document(None))
        self._told_unsure = True
        return True
