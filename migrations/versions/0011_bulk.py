"""A first load builds the indexes of its table after its rows."""

from fleetfeed.database.sqlfile import execute

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the functions that put indexes off and build them."""
    execute("0011_bulk.sql")


def downgrade() -> None:
    """Refuse: going back would lose data; restore a backup instead."""
    raise RuntimeError("fleetfeed's migrations only go forward; restore a backup to go back")
