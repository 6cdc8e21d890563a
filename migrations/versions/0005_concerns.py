"""What a person has to look at, however fresh the data is."""

from fleetfeed.database.sqlfile import execute

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Let the judgement of freshness say what needs a look, and the alarms tell of it."""
    execute("0005_concerns.sql")


def downgrade() -> None:
    """Refuse: going back would lose data; restore a backup instead."""
    raise RuntimeError("fleetfeed's migrations only go forward; restore a backup to go back")
