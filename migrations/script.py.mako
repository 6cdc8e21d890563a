"""${message}."""

from fleetfeed.database.sqlfile import execute

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """${message}."""
    execute("${up_revision}_.sql")
