"""The functions by which dispatchers decide by hand, and keep plans."""

from fleetfeed.database.sqlfile import execute

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add them."""
    execute("0016_dispatch.sql")


def downgrade() -> None:
    """Refuse: going back would lose data; restore a backup instead."""
    raise RuntimeError("fleetfeed's migrations only go forward; restore a backup to go back")
