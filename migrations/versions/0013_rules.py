"""Runs keep the digest of their rules and bytes, and rejects their corrected text."""

from fleetfeed.database.sqlfile import execute

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the columns."""
    execute("0013_rules.sql")


def downgrade() -> None:
    """Refuse: going back would lose data; restore a backup instead."""
    raise RuntimeError("fleetfeed's migrations only go forward; restore a backup to go back")
