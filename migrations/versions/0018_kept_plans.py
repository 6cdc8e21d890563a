"""Saved plans keep no positions, and a hold names a ticket that there is."""

from fleetfeed.database.sqlfile import execute

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Reduce saved plans to their pairs, and replace the functions that write plans and holds."""
    execute("0018_kept_plans.sql")


def downgrade() -> None:
    """Refuse: going back would lose data; restore a backup instead."""
    raise RuntimeError("fleetfeed's migrations only go forward; restore a backup to go back")
