"""Prove that a feed is what its exports make of it, or say why not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fleetfeed.database.schema.tables import place_of, table
from fleetfeed.plugins.rules import rules
from fleetfeed.rebuild.statements import filled
from fleetfeed.states import Cause, Part, Side

if TYPE_CHECKING:
    from fleetfeed.database import Database
    from fleetfeed.feed import Feed
    from fleetfeed.pipeline.job import Job
    from fleetfeed.rebuild.plan import Plan

MOST_KEYS = 20
_FEW = 50  # up to this many tickets may differ, whatever their share
_SHARE = 0.2
_FOUND = f"""
SELECT part, cause, count(*) FILTER (WHERE side = 'only live'), count(*) FILTER (WHERE side = 'only rebuilt'),
    count(*) FILTER (WHERE side = 'unlike'), (array_agg(DISTINCT key ORDER BY key))[:{MOST_KEYS}]
FROM difference GROUP BY 1, 2 ORDER BY 1, 2
"""
_REPLAYS = "SELECT run_id, 'replayed', NULL FROM tickets.import_runs WHERE feed = %s AND counts ? 'replayed'"


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs in one part, for one cause."""

    part: Part
    cause: Cause
    count: dict[Side, int]
    keys: list[str]  # the first of them


@dataclass(frozen=True, slots=True)
class Proof:
    """The comparison of a feed with its rebuild."""

    loads: int  # that were replayed
    tickets: int  # of the feed
    differences: list[Difference] = field(default_factory=list)

    @property
    def causes(self) -> set[Cause]:
        """The causes of all differences; empty if the two are equal."""
        return {difference.cause for difference in self.differences}

    @property
    def is_explained(self) -> bool:
        """Whether nothing differs without a known cause."""
        return Cause.UNEXPLAINED not in self.causes

    @property
    def unlike(self) -> int:
        """How many tickets differ."""
        return sum(sum(found.count.values()) for found in self.differences if found.part is Part.TICKETS)

    @property
    def to_accept(self) -> set[Cause]:
        """What a swap has to be given: the causes, and `many` if many tickets differ."""
        return self.causes | ({Cause.MANY} if self.unlike > max(_FEW, _SHARE * self.tickets) else set())


def prove(job: Job, db: Database, plan: Plan) -> Proof:
    """Compare a feed with its shadow, in the caller's transaction, which should hold the locks of both.

    Leaves the temporary tables `rebuilt_run` and `difference` for a swap.
    """
    live, shadow = job.feed, job.feed.shadow
    _place(db, shadow)
    db.execute(filled("differences.sql", live))
    db.execute("CREATE TEMP TABLE live_run (run_id bigint, state text, other_rules boolean) ON COMMIT DROP")
    db.many("INSERT INTO live_run VALUES (%s, %s, %s)", [list(row) for row in _loads(job, plan)])
    db.execute(f"INSERT INTO live_run {_REPLAYS}", [live.name])
    db.execute("CREATE INDEX ON live_run (run_id)")
    db.execute(filled("causes.sql", live))
    found = [
        Difference(Part(part), Cause(cause), dict(zip(Side, counts, strict=True)), keys)
        for part, cause, *counts, keys in db.all(_FOUND)
    ]
    order = list(Part)
    found.sort(key=lambda one: order.index(one.part))
    return Proof(len(plan.done), db.one(f"SELECT count(*) FROM {table(live)}"), found)


def _place(db: Database, shadow: Feed) -> None:
    """Resolve the places of the shadow again: geocoding since has only written those of the feed."""
    db.execute(
        f"UPDATE {table(shadow)} AS t SET geom = p.geom, geo_source = p.geo_source, geo_precision = p.geo_precision "
        f"FROM {table(shadow)} AS i, {place_of(shadow, 'i')} AS p WHERE t.ticket_id = i.ticket_id AND "
        "(t.geom::text, t.geo_source, t.geo_precision) IS DISTINCT FROM (p.geom::text, p.geo_source, p.geo_precision)"
    )


def _loads(job: Job, plan: Plan) -> Iterator[tuple[int, str, bool]]:
    """Yield each load of the feed: its number, whether its export was there, whether it had other rules."""
    by, missing = rules(job.feed, job.manager), {export.identity for export in plan.missing}
    begun = False
    for export in plan.exports:
        if export.run_id is None:
            continue
        is_there = export.identity not in missing
        begun = begun or is_there
        yield export.run_id, "rebuilt" if is_there else "missing" if begun else "before", export.rules != by
