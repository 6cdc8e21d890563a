"""Positions are taken beside one that is nowhere; the map of the past parses its document once."""

from fleetfeed.database.sqlfile import execute

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Replace two functions."""
    execute("0019_positions.sql")
    execute("0019_map_at.sql")


def downgrade() -> None:
    """Refuse: going back would lose data; restore a backup instead."""
    raise RuntimeError("fleetfeed's migrations only go forward; restore a backup to go back")
