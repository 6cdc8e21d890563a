"""Times for people."""

from __future__ import annotations

from datetime import datetime, tzinfo


def moment(time: datetime | str, zone: tzinfo | None = None, *, seconds: bool = False) -> str:
    """Format a time, or its ISO text, such as «2026-11-24 09:00 EAT»: in a zone, by default its own."""
    known = datetime.fromisoformat(time) if isinstance(time, str) else time
    if zone:
        known = known.astimezone(zone)
    return f"{known:{'%Y-%m-%d %H:%M:%S %Z' if seconds else '%Y-%m-%d %H:%M %Z'}}".rstrip()
