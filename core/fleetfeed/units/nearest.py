"""Asks the database's reading functions about units, and about what is nearest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fleetfeed.database.errors import asking

if TYPE_CHECKING:
    from fleetfeed.database import Database

MOST, USUAL = 50, 10
UNITS = "SELECT reporting.fn_units()"
# By feed. The arguments are latitude, longitude, limit; or limit, unit; or ticket, limit.
TO_POINT = "SELECT reporting.fn_{}_nearest(%s, %s, %s)"
TO_UNIT = "SELECT reporting.fn_{}_nearest(u.latitude, u.longitude, %s) FROM reporting.fn_unit_place(%s) AS u"
TO_TICKET = "SELECT reporting.fn_{}_nearest_units(%s, %s)"


def ask(db: Database, sql: str, values: Sequence[Any] = ()) -> Any:
    """Return the document of a reading function. Raises InvalidArgument for an argument that it rejects."""
    with asking():
        row = db.connection.execute(sql, values).fetchone()
    return row[0] if row else None
