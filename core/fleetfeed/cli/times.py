"""Times as people write them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import typer


def time_in(text: str, zone: ZoneInfo, option: str) -> datetime:
    """Read a time of a zone, if it has no offset. Raises BadParameter, which names the option."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f'{text!r} is no time such as "2026-11-24 09:00"', param_hint=option) from None
    return time if time.tzinfo else time.replace(tzinfo=zone)
