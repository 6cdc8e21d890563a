"""The changes of a run are found by a B-tree."""

from fleetfeed.database.sqlfile import execute

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Replace the index of the change log by run."""
    execute("0022_changes_of_run.sql")


def downgrade() -> None:
    """Refuse: going back would lose data; restore a backup instead."""
    raise RuntimeError("fleetfeed's migrations only go forward; restore a backup to go back")
