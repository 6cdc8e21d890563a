"""Alarms: the last state sent, and freshness with a limit of the caller."""

from fleetfeed.database.sqlfile import execute

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the table of sent states, and the function of freshness with an optional limit."""
    execute("0004_alarms.sql")


def downgrade() -> None:
    """Refuse, as downgrading would lose data; restore a backup instead."""
    raise RuntimeError("fleetfeed's migrations only go forward; restore a backup to go back")
