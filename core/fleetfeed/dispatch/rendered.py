"""A plan's document as CSV and as GeoJSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from fleetfeed.text.spreadsheet import disarmed

_COLUMNS = (
    *("plan_made_at", "unit", "team", "stop", "ticket_id", "status", "cluster", "location_name", "sla_state"),
    *("latitude", "longitude", "distance_m", "travel_minutes", "worth", "reasons", "caution"),
)


def as_csv(document: Mapping[str, Any]) -> str:
    """Return one line for each stop (RFC 4180), each with the caution of the plan; no cell can be read as a formula."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    stale = [document["caution"]] if document["caution"] else []
    for each in document["assignments"]:
        latitude, longitude = each["place"]
        values = {
            **each["ticket"],
            **each,
            "plan_made_at": document["made_at"],
            "latitude": latitude,
            "longitude": longitude,
            "reasons": "; ".join(each["reasons"]),
            "caution": "; ".join([*stale, *each["caution"]]),
        }
        writer.writerow([_cell(values.get(name)) for name in _COLUMNS])
    return file.getvalue()


def as_geojson(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the units, their tickets, and a line for each way, labelled as straight."""
    return {
        "type": "FeatureCollection",
        "made_at": document["made_at"],
        "caution": document["caution"],
        "totals": document["totals"],
        "features": [*_units(document), *_ways(document)],
    }


def _units(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    going = {each["unit"]: each for each in document["assignments"] if each["stop"] == 1}
    for each in (*going.values(), *document["idle"]):
        if place := each["position"]:
            shown = {name: each.get(name) for name in ("unit", "team", "reason", "why")}
            about = {"what": "unit", "is_going": each["unit"] in going, **shown, **place}
            yield _feature("Point", [place["longitude"], place["latitude"]], about)


def _ways(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    start: dict[str, list[float]] = {}
    for each in document["assignments"]:
        place, end = each["position"], each["place"][::-1]
        begin = start.get(each["unit"]) or [place["longitude"], place["latitude"]]
        names = ("unit", "stop", "ticket_id", "distance_m", "travel_minutes", "reasons", "caution")
        about = {name: each[name] for name in names}
        yield _feature("Point", end, {"what": "ticket", **about})
        yield _feature("LineString", [begin, end], {"what": "way", "label": document["distances"], **about})
        start[each["unit"]] = list(end)


def _feature(kind: str, coordinates: Any, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, "properties": properties}


def _cell(value: Any) -> str:
    return "" if value is None else disarmed(value) if isinstance(value, str) else str(value)
