"""Shows what hooks are given and answer in a few words; of what is not known here only the type."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePath

from fleetfeed.geocoding.model import GeocodeQuery, GeocodeResult
from fleetfeed.model import Changes, Row, RunReport, Snapshot, Ticket

_LONGEST = 60


def shortly(value: object) -> str:
    """Show a value on one line."""
    match value:
        case Row():
            return f"row {value.number} {value.key!r}"
        case Ticket():
            return f"Ticket {value.key!r} of {len(value.raw)} cells"
        case Snapshot():
            return f"Snapshot {value.stored.key!r}{'' if value.path else ', loaded already'}"
        case Changes():
            counts = ("inserted", "updated", "unchanged", "superseded", "absent", "returned")
            told = [f"{count:,} {name}" for name in counts if (count := getattr(value, name))]
            return f"Changes ({', '.join(told) or 'none'})"
        case RunReport():
            return f"run {value.run_id or 'dry'}"
        case GeocodeQuery():
            return _cut(value.text)
        case GeocodeResult():
            return f"{value.point.latitude},{value.point.longitude} {value.precision}".rstrip()
        case str():
            return _cut(value)
        case list() | tuple():
            more = ", …" if len(value) > 3 else ""
            return f"[{', '.join(shortly(item) for item in value[:3])}{more}]"
        case None | bool() | int() | float() | datetime() | PurePath():
            return str(value)
    return type(value).__name__


def _cut(text: str) -> str:
    return repr(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")
