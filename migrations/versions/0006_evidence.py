"""Times with an offset, numbers by a declared convention, and evidence whose cost follows the input."""

from fleetfeed.database.sqlfile import execute

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the functions that read them, narrow what a bare number may be, and keep long headers once."""
    execute("0006_evidence.sql")


def downgrade() -> None:
    """Refuse: going back would lose data; restore a backup instead."""
    raise RuntimeError("fleetfeed's migrations only go forward; restore a backup to go back")
