"""The functions that a web page asks first."""

from fleetfeed.database.sqlfile import execute

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the function for freshness, and one for the feed that is meant."""
    execute("0012_serving.sql")


def downgrade() -> None:
    """Refuse: going back would lose data; restore a backup instead."""
    raise RuntimeError("fleetfeed's migrations only go forward; restore a backup to go back")
