"""Which team closed a ticket, and which worked on it: kept with each closure."""

from fleetfeed.database.sqlfile import execute

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the table of attributions, and the teams of fleetfeed.toml; `migrate` fills both."""
    execute("0017_closure_teams.sql")


def downgrade() -> None:
    """Refuse: going back would lose data; restore a backup instead."""
    raise RuntimeError("fleetfeed's migrations only go forward; restore a backup to go back")
