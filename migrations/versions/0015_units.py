"""Units, their latest positions, and what a dispatcher decides."""

from fleetfeed.database.sqlfile import execute

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the tables of units and dispatch, and the functions that write and read positions."""
    execute("0015_units.sql")
    execute("0015_positions.sql")
    execute("0015_bulk.sql")


def downgrade() -> None:
    """Refuse: going back would lose data; restore a backup instead."""
    raise RuntimeError("fleetfeed's migrations only go forward; restore a backup to go back")
