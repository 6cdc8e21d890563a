"""How a rejected record was resolved is a column of its own, and no longer the first word of a sentence."""

from fleetfeed.database.sqlfile import execute

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add `resolved_by` to rejects."""
    execute("0009_resolutions.sql")


def downgrade() -> None:
    """Refuse: going back would lose data; restore a backup instead."""
    raise RuntimeError("fleetfeed's migrations only go forward; restore a backup to go back")
