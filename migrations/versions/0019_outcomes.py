"""A tracker without a fix does not keep the positions of others from being taken."""

from fleetfeed.database.sqlfile import execute

revision = "0019"
down_revision = "0017"


def upgrade() -> None:
    """Replace the function that takes positions."""
    execute("0019_positions.sql")


def downgrade() -> None:
    """Refuse: going back would lose data; restore a backup instead."""
    raise RuntimeError("fleetfeed's migrations only go forward; restore a backup to go back")
