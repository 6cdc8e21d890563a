"""Concerns: what needs attention, however fresh the data is."""

from fleetfeed.database.sqlfile import execute

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add concerns to freshness and to the alarms."""
    execute("0005_concerns.sql")


def downgrade() -> None:
    """Refuse, as downgrading would lose data; restore a backup instead."""
    raise RuntimeError("fleetfeed's migrations only go forward; restore a backup to go back")
