"""The first moment of the past that can be asked for is named exactly."""

from fleetfeed.database.sqlfile import execute

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Replace the function that finds the load of a time."""
    execute("0023_first_load.sql")


def downgrade() -> None:
    """Refuse: going back would lose data; restore a backup instead."""
    raise RuntimeError("fleetfeed's migrations only go forward; restore a backup to go back")
