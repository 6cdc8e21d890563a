"""Exports are identified by everything in their listing, and a run records which one it read."""

from fleetfeed.database.sqlfile import execute

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the size to the key of exports, and the time of the export to runs."""
    execute("0008_identity.sql")


def downgrade() -> None:
    """Refuse, as downgrading would lose data; restore a backup instead."""
    raise RuntimeError("fleetfeed's migrations only go forward; restore a backup to go back")
