"""The functions of generated columns cost a third; their answers stay the same."""

from fleetfeed.database.sqlfile import execute

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Replace the bodies of the functions."""
    execute("0010_cheap_types.sql")


def downgrade() -> None:
    """Refuse: going back would lose data; restore a backup instead."""
    raise RuntimeError("fleetfeed's migrations only go forward; restore a backup to go back")
