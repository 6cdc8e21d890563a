"""Take over what differs from a rebuild, in the transaction of its proof."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fleetfeed.database.schema.tables import table
from fleetfeed.errors import FleetfeedError
from fleetfeed.rebuild.statements import filled
from fleetfeed.states import Cause

if TYPE_CHECKING:
    from fleetfeed.database import Database
    from fleetfeed.feed import Feed
    from fleetfeed.rebuild.proof import Proof


def lock(db: Database, live: Feed) -> None:
    """Keep all but readers away from a feed's table until the transaction ends."""
    db.execute(f"LOCK TABLE {table(live)} IN SHARE ROW EXCLUSIVE MODE")


def check_accepted(live: Feed, proof: Proof, accepted: Iterable[Cause]) -> None:
    """Check that every difference is explained and accepted. Raises FleetfeedError."""
    lacks = [cause for cause in Cause if cause in proof.to_accept - set(accepted)]
    if Cause.UNEXPLAINED in lacks:
        raise FleetfeedError(
            f"{live.name} differs from its rebuild, and nothing known explains why.",
            next_step=f"`fleetfeed rebuild {live.name} --apply` shows the differences. They are never swapped in.",
        )
    if lacks:
        options = " ".join(f'--accept "{cause}"' for cause in lacks)
        raise FleetfeedError(
            f"{live.name} differs from its rebuild by causes that were not accepted: {', '.join(lacks)}.",
            next_step=f"Look at `fleetfeed rebuild {live.name} --apply`; if that is meant, add {options}.",
        )


def swap(db: Database, live: Feed) -> None:
    """Write what differs into the feed's tables; `prove` has found it in this transaction."""
    for statement in filled("swap.sql", live).split(";\n"):
        if statement.strip():
            db.execute(statement)
