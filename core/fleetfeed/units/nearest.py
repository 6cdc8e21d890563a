"""Asks the database's reading functions about units, and about what is nearest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fleetfeed.database.errors import asking

if TYPE_CHECKING:
    from fleetfeed.database import Database

MOST, USUAL = 50, 10
UNITS = "SELECT reporting.fn_units()::text"
# By feed. The arguments are latitude, longitude, limit; or limit, unit; or ticket, limit.
TO_POINT = "SELECT reporting.fn_{}_nearest(%s, %s, %s)::text"
TO_UNIT = "SELECT reporting.fn_{}_nearest(u.latitude, u.longitude, %s)::text FROM reporting.fn_unit_place(%s) AS u"
TO_TICKET = "SELECT reporting.fn_{}_nearest_units(%s, %s)::text"


def ask(db: Database, sql: str, values: Sequence[Any] = ()) -> Any:
    """Return the document of a reading function. Raises InvalidArgument for an argument that it rejects."""
    with asking():
        row = db.connection.execute(sql, values).fetchone()
    return json.loads(row[0]) if row and row[0] else None
