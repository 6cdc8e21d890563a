"""Arguments of readers are bounded, and readers wait for a migration before they look up what it replaces."""

from fleetfeed.database.sqlfile import execute

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Bound the arguments of the functions for readers, and let the map wait for the view that it reads."""
    execute("0007_asked.sql")


def downgrade() -> None:
    """Refuse, as downgrading would lose data; restore a backup instead."""
    raise RuntimeError("fleetfeed's migrations only go forward; restore a backup to go back")
