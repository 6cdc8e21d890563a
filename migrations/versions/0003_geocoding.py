"""Budgets of geocoders."""

from fleetfeed.database.sqlfile import execute

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the table of the providers' budgets."""
    execute("0003_budgets.sql")


def downgrade() -> None:
    """Refuse, as downgrading would lose data; restore a backup instead."""
    raise RuntimeError("fleetfeed's migrations only go forward; restore a backup to go back")
