"""Times with an offset, numbers with declared separators, and long headers that are stored once."""

from fleetfeed.database.sqlfile import execute

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the functions that read them, restrict undeclared numbers, and store long headers once."""
    execute("0006_evidence.sql")


def downgrade() -> None:
    """Refuse, as downgrading would lose data; restore a backup instead."""
    raise RuntimeError("fleetfeed's migrations only go forward; restore a backup to go back")
