"""Tickets as text for COPY: number, key, `raw`, digest and location key."""

from __future__ import annotations

import orjson

from fleetfeed.model import Ticket

ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def line(ticket: Ticket) -> str:
    """Return a ticket's line."""
    row, raw = ticket.row, orjson.dumps(ticket.raw).decode().replace("\\", r"\\")
    place = ticket.location_key.translate(ESCAPES) if ticket.location_key else r"\N"
    return f"{row.number}\t{ticket.key.translate(ESCAPES)}\t{raw}\t{row.digest}\t{place}\n"


def member(name: str) -> str:
    """Return how a cell of this column begins in a line; in the text of a cell, the quotes would be escaped."""
    return orjson.dumps(name).decode().replace("\\", r"\\") + ":"
