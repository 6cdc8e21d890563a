"""`fleetfeed migrate`: the core's objects by Alembic, the feeds' tables by plan and apply; locked, safe to repeat."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from fleetfeed.database import adoption
from fleetfeed.database.adoption import Adoption
from fleetfeed.database.adoption.owners import Owners
from fleetfeed.database.connection import Database
from fleetfeed.database.errors import migrating
from fleetfeed.database.lock import migration_lock
from fleetfeed.database.schema import plan as plans
from fleetfeed.database.schema import roles, tables
from fleetfeed.database.schema import settings as settings
from fleetfeed.database.schema.core_objects import alembic, by_hand_first, check_server, check_whole, lay_ground
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
    owners: Owners | None = None,
) -> list[Step]:
    """Do all that is to be done, or with `dry` only tell it. Destructive steps are refused unless they are allowed."""
    check_server(db)
    feeds, terms, done = list(feeds), terms or Terms(), list[Step]()
    roles.check(db, terms.reader_roles)
    roles.check_owner(db)
    with migrating([] if dry else done), migration_lock(db):
        check_whole(db, migrations)
        core = revision(db) is None
        if taken_over := adoption.find(db, migrations, feeds, owners or Owners(), core=core):
            return _adopt(db, migrations, feeds, taken_over, terms, dry=dry, allow_destructive=allow_destructive)
        if revision(db) != head(migrations):
            if dry:
                return [*by_hand_first(db), _CORE, *(_compare(feed) for feed in feeds), *_promised(db, terms)]
            with alembic(db, migrations) as upgrade:
                lay_ground(db)
                upgrade()
                rights = _give_rights(db, terms)
            done += [_CORE, *rights]
        for feed in feeds:
            done += _migrate_feed(db, feed, terms, dry=dry, allow_destructive=allow_destructive)
        done += _settle(db, terms, dry=dry)
    return done


def _compare(feed: Feed) -> Step:
    return Step(StepKind.CREATE, f"or compare table {tables.table(feed)}")


def _promised(db: Database, terms: Terms, members: Sequence[roles.Member] = ()) -> list[Step]:
    """List what `_settle` is going to do where the objects that it works on are not there yet."""
    return [*settings.steps(db, terms), *roles.promised(db, terms.reader_roles, members)]


def _settle(db: Database, terms: Terms, *, dry: bool, members: Sequence[roles.Member] = ()) -> list[Step]:
    """Write down what the project's settings say, and give every role its rights."""
    steps = list(settings.steps(db, terms))
    if steps and not dry:
        for attempt in while_locked(db):
            with attempt, plans.readers_first(db):
                plans.apply(db, steps)
    return steps + roles.settle(db, terms.reader_roles, dry=dry, members=members)


def _adopt(
    db: Database,
    migrations: Path,
    feeds: list[Feed],
    adoption: Adoption,
    terms: Terms,
    *,
    dry: bool,
    allow_destructive: bool,
) -> list[Step]:
    """Adopt what an earlier program left, in one transaction: all of it or nothing."""
    others = [_compare(feed) for feed in feeds if feed.name not in adoption.feeds]
    steps = adoption.steps([*others, *_promised(db, terms, adoption.members())])
    if dry:
        return [*by_hand_first(db), *steps]
    for attempt in while_locked(db):
        with attempt, alembic(db, migrations) as upgrade:
            if adoption.lock():  # what was found before is not so any more
                steps = adoption.steps([*others, *_promised(db, terms, adoption.members())])
            members = adoption.members()
            adoption.set_aside()
            lay_ground(db)
            upgrade()
            made = [(feed, _mend(db, feed, allow_destructive=allow_destructive)) for feed in feeds]
            found = adoption.carry_over()
            for feed, done in made:  # once more: there may be indexes of others by now
                _enter(db, feed, done)
            found += _settle(db, terms, dry=False, members=members)
            adoption.capture()
    told = {step.what for step in steps}
    return [*steps, *(step for step in found if step.what not in told)]


def _give_rights(db: Database, terms: Terms) -> list[Step]:
    """Give rights in the transaction that makes the objects, so that no reader meets one that it may not use.

    What has to be done by hand is left to `_settle` to tell, once.
    """
    return [step for step in roles.settle(db, terms.reader_roles, dry=False) if not step.by_hand]


def _migrate_feed(db: Database, feed: Feed, terms: Terms, *, dry: bool, allow_destructive: bool) -> list[Step]:
    if dry:
        return plans.plan(db, feed) + ReadSide(db, feed).steps()
    done: list[Step] = []
    for attempt in while_locked(db):
        with attempt, plans.readers_first(db):
            done = _mend(db, feed, allow_destructive=allow_destructive)
            done += _give_rights(db, terms) if done else []
    return done


def _mend(db: Database, feed: Feed, *, allow_destructive: bool) -> list[Step]:
    """Do what is missing of a feed's table and of what derives from it, in one transaction.

    So nobody finds the view gone, and who may read it is never known to this process alone.
    """
    reading = ReadSide(db, feed)
    steps = plans.plan(db, feed)
    if any(step.destructive for step in steps) and not allow_destructive:
        told = "; ".join(step.what for step in steps if step.destructive)
        raise DatabaseError(
            f"The table of feed {feed.name} can only become what the feed declares by losing something: {told}.",
            next_step="Run `fleetfeed migrate --allow-destructive` if that is meant.",
        )
    done: list[Step] = []
    with plans.readers_first(db):
        while steps:  # a column that is made anew takes its index with it, which only the next plan sees
            plans.apply(db, reading.make_room(steps))
            done += steps
            steps = plans.plan(db, feed)
        _enter(db, feed, done)
        steps = reading.steps()
        plans.apply(db, steps)
        reading.enter()
    return done + steps


def _enter(db: Database, feed: Feed, done: list[Step]) -> None:
    """Write down what a feed's table was made of, and what the catalogue says of it now."""
    db.execute(
        "INSERT INTO tickets.feed_schemas AS s (feed, definition, picture, applied_sql) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT (feed) DO UPDATE SET definition = excluded.definition, picture = excluded.picture, "
        "applied_sql = excluded.applied_sql, applied_at = now() "
        "WHERE (s.definition, s.picture) <> (excluded.definition, excluded.picture)",
        [feed.name, tables.definition(feed, db.postgis), plans.picture(db, feed), ";\n".join(s.sql for s in done)],
    )
