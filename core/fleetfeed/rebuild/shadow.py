"""The tables beside a feed's own, into which a rebuild loads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from fleetfeed.database.ledger.runs import write_meta
from fleetfeed.database.schema import plan as plans
from fleetfeed.database.schema.derived import Derived, objects
from fleetfeed.database.schema.tables import table
from fleetfeed.rebuild.past import Window

if TYPE_CHECKING:
    from fleetfeed.database import Database
    from fleetfeed.feed import Feed

# What captures need; readers need the others, and nobody reads a shadow.
_DERIVED = ("_daily_snapshot", "_open_sla", "_observe", "_attribute_past", "_unfinished", "_capture_history")
_DONE = """
SELECT run_id, counts -> 'rebuilt' ->> 'of', source_key, source_etag, source_last_modified, rules
FROM tickets.import_runs WHERE feed = %s AND counts ? 'rebuilt' ORDER BY run_id
"""
_TARGETS = "INSERT INTO tickets.sla_targets (feed, kind, minutes) SELECT %s, kind, minutes FROM tickets.sla_targets "
_LEDGER = (
    "ticket_changes",
    "closure_teams",
    "closure_events",
    "captures",
    "captured_runs",
    "rejects",
    "reject_headers",
    "import_runs",
)
_TABLES = (*_LEDGER, "import_meta", "sla_targets")


class Done(NamedTuple):
    """One export that the shadow has taken in, or refused."""

    run_id: int
    identity: tuple[object, ...]  # as that of PastExport
    rules: str | None  # None: it was refused


@dataclass(frozen=True, slots=True)
class Shadow:
    """The shadow of one feed."""

    db: Database
    live: Feed

    @property
    def feed(self) -> Feed:
        """The feed as it is declared, under the shadow's name."""
        return self.live.shadow

    @property
    def exists(self) -> bool:
        """Whether a rebuild has begun."""
        return bool(self.db.one("SELECT to_regclass(%s) IS NOT NULL", [table(self.feed)]))

    def create(self, window: Window | None) -> None:
        """Create the tables. They are in no list of feeds, so that neither `migrate` nor a reader sees them."""
        feed = self.feed
        with self.db.transaction():
            plans.apply(self.db, plans.plan(self.db, feed))
            for item in self._derived():
                self.db.execute(item.sql)
                if item.kind == "function":
                    self.db.execute(f"REVOKE ALL ON FUNCTION {item.name} FROM PUBLIC")
            self.db.execute(f"{_TARGETS} WHERE feed = %s", [feed.name, self.live.name])
            write_meta(self.db, feed.name, {"window": window.as_json() if window else None})

    def drop(self) -> None:
        """Drop the tables, and delete what the ledger says of them."""
        name = self.feed.name
        with self.db.transaction():
            for item in reversed(self._derived()):
                self.db.execute(f"DROP {item.kind.upper()} IF EXISTS {item.name}")
            self.db.execute(f"DROP TABLE IF EXISTS {table(self.feed)}")
            for ledger in _TABLES:
                self.db.execute(f"DELETE FROM tickets.{ledger} WHERE feed = %s", [name])

    def _derived(self) -> list[Derived]:
        wanted = tuple(f"tickets.{self.feed.name}{ending}" for ending in _DERIVED)
        return [item for item in objects(self.feed, self.db.postgis) if item.name.split("(")[0] in wanted]

    def window(self) -> Window | None:
        """Return the window of the backfill that has begun it; None for a rebuild."""
        found = self.db.one("SELECT metadata -> 'window' FROM tickets.import_meta WHERE feed = %s", [self.feed.name])
        return Window.from_json(found) if found else None

    def done(self) -> list[Done]:
        """List what it has taken in, in order."""
        rows = self.db.all(_DONE, [self.feed.name]) if self.exists else []
        return [Done(run, (int(of),) if of else (key, etag, at), rules) for run, of, key, etag, at, rules in rows]
