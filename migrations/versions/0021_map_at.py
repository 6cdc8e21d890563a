"""The map of a past moment in two thirds of the time."""

from fleetfeed.database.sqlfile import execute

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Create an aggregate that merges changes, and replace the function that returns the map."""
    execute("0021_map_at.sql")


def downgrade() -> None:
    """Refuse: going back would lose data; restore a backup instead."""
    raise RuntimeError("fleetfeed's migrations only go forward; restore a backup to go back")
