"""The functions that give back the past."""

from fleetfeed.database.sqlfile import execute

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add them."""
    execute("0014_asof.sql")


def downgrade() -> None:
    """Refuse: going back would lose data; restore a backup instead."""
    raise RuntimeError("fleetfeed's migrations only go forward; restore a backup to go back")
