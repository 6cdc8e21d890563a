"""Documents as clients get them: without hidden properties, or as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterator
from typing import Any

from fleetfeed.text.spreadsheet import disarmed
from fleetfeed.web.questions import CSV, Question

_COORDINATES = ("longitude", "latitude")


def render(question: Question, text: str, hide: Collection[str] = ()) -> bytes:
    """Return what is sent: the function's text as it is, unless properties are hidden or CSV is asked for."""
    if not hide and question.media_type != CSV:
        return text.encode()
    document = json.loads(text)
    for shown in _shown(document):
        for name in hide:
            shown.pop(name, None)
    _drop_groups(document, hide)
    if question.media_type == CSV:
        return _csv(document["features"])
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _shown(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield each object of a document that holds properties of a ticket."""
    collections = (document, document.get("open", {}), document.get("closed", {}))
    features = [feature for collection in collections for feature in collection.get("features", ())]
    if one := document.get("ticket"):
        features.append(one)
    yield from (feature["properties"] for feature in features)
    yield from (event["changed"] for event in document.get("events", ()) if event["changed"])
    yield from document.get("closures", ())


def _drop_groups(document: dict[str, Any], hide: Collection[str]) -> None:
    """Remove what repeats hidden properties elsewhere: numbers by team, the name of a ticket's place."""
    if "assigned_team" in hide and "metrics" in document:
        document["metrics"]["by_team"] = []
    if "location_name" in hide and document.get("place"):
        document["place"]["name"] = None


def _csv(features: list[dict[str, Any]]) -> bytes:
    """Return tickets as lines of RFC 4180."""
    names = list(features[0]["properties"]) if features else ["ticket_id"]
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([*names, *_COORDINATES])
    for feature in features:
        place = (feature["geometry"] or {}).get("coordinates", ("", ""))
        writer.writerow([*(_cell(value) for value in feature["properties"].values()), *place])
    return file.getvalue().encode()


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else disarmed(value) if isinstance(value, str) else str(value)
