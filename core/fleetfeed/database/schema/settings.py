"""Copies the settings that the database functions need from fleetfeed.toml to the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fleetfeed.database.connection import Database
from fleetfeed.database.schema import teams
from fleetfeed.database.schema.plan import Step
from fleetfeed.database.schema.tables import literal
from fleetfeed.database.schema.teams import TeamTerms
from fleetfeed.schedule.cron import HOURS, WEEKDAYS, hours_of
from fleetfeed.states import StepKind

if TYPE_CHECKING:
    from fleetfeed.config.settings import Settings


@dataclass(frozen=True, slots=True)
class FeedTerms:
    """When a feed's tickets are overdue, and when the feed itself is stale."""

    targets: Mapping[str, int] = field(default_factory=dict)  # minutes, by kind of fault or `default`
    checked_after: timedelta = timedelta(minutes=60)
    source_after: timedelta = timedelta(hours=26)
    timezone: str = "UTC"  # of the hours
    hours: tuple[int, ...] = HOURS
    weekdays: tuple[int, ...] = WEEKDAYS


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of all feeds, in the project's order; the roles that may read; and the teams."""

    feeds: Mapping[str, FeedTerms] = field(default_factory=dict)
    reader_roles: tuple[str, ...] = ()
    teams: TeamTerms = field(default_factory=TeamTerms)


def terms_of(settings: Settings) -> Terms:
    """Select from the settings what the database needs. Raises ConfigError for an invalid schedule."""
    feeds = {}
    for name, feed in settings.feeds.items():
        hours, weekdays = hours_of(feed.schedule, name)
        feeds[name] = FeedTerms(
            targets=feed.sla,
            checked_after=feed.freshness.checked_after,
            source_after=feed.freshness.source_after,
            timezone=settings.project.timezone,
            hours=hours,
            weekdays=weekdays,
        )
    given = settings.teams
    named = TeamTerms(tuple(given.desks), given.min_n, given.aliases, given.by_owner)
    return Terms(feeds, tuple(settings.database.reader_roles), named)


_SETTINGS = """
SELECT place, checked_after, source_after, timezone, hours, weekdays FROM tickets.feed_settings WHERE feed = %s
"""
_REMOVED_FEEDS = "SELECT feed FROM tickets.feed_settings WHERE feed <> ALL (%s) AND place IS NOT NULL ORDER BY place"
_TARGETS = "SELECT kind, minutes FROM tickets.sla_targets WHERE feed = %s"


def steps(db: Database, terms: Terms) -> Iterator[Step]:
    """Yield the steps that store changed settings. Feeds that left the project lose only their place."""
    there = db.one("SELECT to_regclass('tickets.feed_settings') IS NOT NULL")  # before the first migration
    for place, (feed, wanted) in enumerate(terms.feeds.items()):
        values = (place, wanted.checked_after, wanted.source_after, wanted.timezone)
        row = (*values, list(wanted.hours), list(wanted.weekdays))
        if not there or db.all(_SETTINGS, [feed]) != [row]:
            yield Step(StepKind.SET, f"when feed {feed} is stale", _set_settings(feed, row))
        if (dict(db.all(_TARGETS, [feed])) if there else {}) != wanted.targets:
            text = ", ".join(f"{kind} {minutes}" for kind, minutes in wanted.targets.items()) or "none"
            yield Step(
                StepKind.SET,
                f"the SLA targets of feed {feed}, in minutes: {text}",
                _set_targets(feed, wanted.targets),
            )
    if there and terms.feeds:
        for (feed,) in db.all(_REMOVED_FEEDS, [list(terms.feeds)]):
            sql = f"UPDATE tickets.feed_settings SET place = NULL WHERE feed = {literal(feed)}"
            yield Step(StepKind.PUT, f"feed {feed}, which the project no longer has, behind all others", sql)
    yield from teams.steps(db, terms.teams)


def _set_settings(feed: str, row: tuple[Any, ...]) -> str:
    place, checked, source, zone, hours, weekdays = row
    names = ("place", "checked_after", "source_after", "timezone", "hours", "weekdays")
    values = (
        str(place),
        f"make_interval(secs => {checked.total_seconds():.0f})",
        f"make_interval(secs => {source.total_seconds():.0f})",
        literal(zone),
        f"ARRAY{hours}::integer[]",
        f"ARRAY{weekdays}::integer[]",
    )
    return (
        f"INSERT INTO tickets.feed_settings (feed, {', '.join(names)}) VALUES ({literal(feed)}, {', '.join(values)}) "
        f"ON CONFLICT (feed) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in names)}"
    )


def _set_targets(feed: str, targets: Mapping[str, int]) -> str:
    sql = f"DELETE FROM tickets.sla_targets WHERE feed = {literal(feed)}"
    if targets:
        rows = ", ".join(f"({literal(feed)}, {literal(kind)}, {minutes:d})" for kind, minutes in targets.items())
        sql += f"; INSERT INTO tickets.sla_targets (feed, kind, minutes) VALUES {rows}"
    return sql
