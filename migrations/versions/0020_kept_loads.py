"""Since when all changes are kept, as `prune` deletes those of single tickets."""

from fleetfeed.database.sqlfile import execute

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Replace the function that says which loads can be given back."""
    execute("0020_kept_loads.sql")


def downgrade() -> None:
    """Refuse: going back would lose data; restore a backup instead."""
    raise RuntimeError("fleetfeed's migrations only go forward; restore a backup to go back")
