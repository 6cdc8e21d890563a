"""What is told of a feed's alarms, and how they are judged for whoever watches."""

from fleetfeed.database.sqlfile import execute

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the table of what was told, and the judgement of freshness that can be asked for another limit."""
    execute("0004_alarms.sql")


def downgrade() -> None:
    """Refuse: going back would lose data; restore a backup instead."""
    raise RuntimeError("fleetfeed's migrations only go forward; restore a backup to go back")
