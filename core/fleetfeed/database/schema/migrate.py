"""`fleetfeed migrate`: the core's objects by Alembic, feed tables by plan and apply; locked, safe to repeat."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from fleetfeed.database import adoption
from fleetfeed.database.adoption import Adoption
from fleetfeed.database.connection import Database
from fleetfeed.database.errors import migrating
from fleetfeed.database.lock import migration_lock
from fleetfeed.database.schema import plan as plans
from fleetfeed.database.schema import roles, settings, tables, teams
from fleetfeed.database.schema.core_objects import (
    alembic,
    check_server,
    check_whole,
    create_prerequisites,
    manual_steps,
)
from fleetfeed.database.schema.current import head, revision
from fleetfeed.database.schema.derived import ReadSide
from fleetfeed.database.schema.lock_retry import while_locked
from fleetfeed.database.schema.plan import Step
from fleetfeed.database.schema.settings import Terms
from fleetfeed.errors import DatabaseError
from fleetfeed.feed import Feed
from fleetfeed.states import StepKind

_CORE = Step(StepKind.BRING, "the core's objects to head (Alembic)")


def migrate(
    db: Database,
    migrations: Path,
    feeds: Iterable[Feed],
    *,
    dry: bool = False,
    allow_destructive: bool = False,
    terms: Terms | None = None,
    adopt_as: str | None = None,
) -> list[Step]:
    """Bring the database up to date and return the steps; with `dry` only return them.

    Raises DatabaseError for destructive steps that are not allowed.
    """
    check_server(db)
    feeds, terms, done = list(feeds), terms or Terms(), list[Step]()
    roles.check(db, terms.reader_roles)
    roles.check_owner(db)
    with migrating([] if dry else done), migration_lock(db):
        check_whole(db, migrations)
        core = revision(db) is None
        if adopted := adoption.find(db, feeds, core=core):
            return _adopt(db, migrations, feeds, adopted, terms, adopt_as, dry=dry, allow_destructive=allow_destructive)
        if revision(db) != head(migrations):
            if dry:
                return [*manual_steps(db), _CORE, *(_compare(feed) for feed in feeds), *_expected(db, terms)]
            with alembic(db, migrations) as upgrade:
                create_prerequisites(db)
                upgrade()
                rights = _give_rights(db, terms)
            done += [_CORE, *rights]
        if not dry:  # closures that were captured before are attributed with the names of desks and owners
            done += _store(db, list(teams.steps(db, terms.teams)))
        for feed in feeds:
            done += _migrate_feed(db, feed, terms, dry=dry, allow_destructive=allow_destructive)
        done += _finish(db, terms, dry=dry)
    return done


def _compare(feed: Feed) -> Step:
    return Step(StepKind.CREATE, f"or compare table {tables.table(feed)}")


def _expected(db: Database, terms: Terms, members: Sequence[roles.Member] = ()) -> list[Step]:
    """List what `_finish` will do, when its objects do not exist yet."""
    return [*settings.steps(db, terms), *roles.expected(db, terms.reader_roles, members)]


def _finish(db: Database, terms: Terms, *, dry: bool, members: Sequence[roles.Member] = ()) -> list[Step]:
    """Store the project's settings and grant every role its rights."""
    steps = list(settings.steps(db, terms))
    if not dry:
        _store(db, steps)
    return steps + roles.grant_missing(db, terms.reader_roles, dry=dry, members=members)


def _store(db: Database, steps: list[Step]) -> list[Step]:
    """Store settings, and return the steps."""
    for attempt in while_locked(db) if steps else ():
        with attempt, plans.readers_first(db):
            plans.apply(db, steps)
    return steps


def _adopt(
    db: Database,
    migrations: Path,
    feeds: list[Feed],
    adoption: Adoption,
    terms: Terms,
    adopt_as: str | None,
    *,
    dry: bool,
    allow_destructive: bool,
) -> list[Step]:
    """Adopt the earlier program's objects in one transaction."""

    def planned() -> list[Step]:
        others = [_compare(feed) for feed in feeds if feed.name not in adoption.feeds]
        return adoption.plan([*others, *_expected(db, terms, adoption.members())], adopt_as)

    if dry:
        with db.transaction(keep=False):
            return [*manual_steps(db), *planned()]
    for attempt in while_locked(db):
        with attempt, alembic(db, migrations) as upgrade:
            adoption.lock()
            steps, members = planned(), adoption.members()
            adoption.set_aside()
            create_prerequisites(db)
            upgrade()
            made = [(feed, _update_feed(db, feed, allow_destructive=allow_destructive)) for feed in feeds]
            found = adoption.carry_over()
            for feed, done in made:  # again: adoption may have restored other indexes
                _record(db, feed, done)
            found += _finish(db, terms, dry=False, members=members)
            adoption.capture()
    known = {step.what for step in steps}
    return [*steps, *(step for step in found if step.what not in known)]


def _give_rights(db: Database, terms: Terms, feed: str = "") -> list[Step]:
    """Grant rights in the transaction that makes the objects, so that no reader sees one that it may not use.

    With a feed, only on objects with its name: otherwise every feed would cost as much as all of them. `_finish`
    reports what has to be done by hand, once.
    """
    steps = roles.grant_missing(db, terms.reader_roles, dry=False, containing=feed)
    return [step for step in steps if not step.by_hand]


def _migrate_feed(db: Database, feed: Feed, terms: Terms, *, dry: bool, allow_destructive: bool) -> list[Step]:
    if dry:
        return plans.plan(db, feed) + ReadSide(db, feed).steps()
    done: list[Step] = []
    for attempt in while_locked(db):
        with attempt, plans.readers_first(db):
            done = _update_feed(db, feed, allow_destructive=allow_destructive)
            done += _give_rights(db, terms, feed.name) if done else []
    return done


def _update_feed(db: Database, feed: Feed, *, allow_destructive: bool) -> list[Step]:
    """Update a feed's table and what derives from it in one transaction.

    So the view is never missing, and its grants are never held only by this process.
    """
    read_side = ReadSide(db, feed)
    steps = plans.plan(db, feed)
    if any(step.destructive for step in steps) and not allow_destructive:
        losses = "; ".join(step.what for step in steps if step.destructive)
        raise DatabaseError(
            f"The table of feed {feed.name} can only become what the feed declares by losing something: {losses}.",
            next_step="Run `fleetfeed migrate --allow-destructive` if that is meant.",
        )
    done: list[Step] = []
    with plans.readers_first(db):
        while steps:  # replacing a column drops its indexes, which only the next plan sees
            plans.apply(db, read_side.drop_view_first(steps))
            done += steps
            steps = plans.plan(db, feed)
        _record(db, feed, done)
        steps = read_side.steps()
        plans.apply(db, steps)
        read_side.record()
    return done + steps


def _record(db: Database, feed: Feed, done: list[Step]) -> None:
    """Record a feed's declaration and the catalogue's picture of its table."""
    box = feed.country
    country = [box.south, box.west, box.north, box.east] if box else None
    db.execute(
        "INSERT INTO tickets.feed_schemas AS s (feed, definition, picture, applied_sql, country) "
        "VALUES (%s, %s, %s, %s, %s) ON CONFLICT (feed) DO UPDATE SET definition = excluded.definition, "
        "picture = excluded.picture, applied_sql = excluded.applied_sql, country = excluded.country, "
        "applied_at = now() WHERE (s.definition, s.picture) <> (excluded.definition, excluded.picture)",
        [
            feed.name,
            tables.definition(feed, db.postgis),
            plans.picture(db, feed),
            ";\n".join(step.sql for step in done),
            country,
        ],
    )
