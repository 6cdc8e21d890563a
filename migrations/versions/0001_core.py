"""The core's own objects: ledger, gazetteers, functions."""

from fleetfeed.database.sqlfile import execute

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create all objects of the first release."""
    for name in ("ledger", "gazetteers", "functions", "place"):
        execute(f"0001_{name}.sql")


def downgrade() -> None:
    """Refuse, as downgrading would lose data; restore a backup instead."""
    raise RuntimeError("fleetfeed's migrations only go forward; restore a backup to go back")
