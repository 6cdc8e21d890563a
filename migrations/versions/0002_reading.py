"""History and the read side: the parts that do not depend on a feed's declaration."""

from fleetfeed.database.sqlfile import execute

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables of history and settings, and the functions over all feeds."""
    for name in ("history", "settings", "reading"):
        execute(f"0002_{name}.sql")


def downgrade() -> None:
    """Refuse, as downgrading would lose data; restore a backup instead."""
    raise RuntimeError("fleetfeed's migrations only go forward; restore a backup to go back")
