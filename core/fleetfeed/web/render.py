"""Documents as clients get them: without hidden properties, or as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
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
        return _teams_csv(document["teams"]) if "teams" in document else _csv(document["features"])
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
    """Remove what repeats hidden properties elsewhere: teams, numbers by team, the name of a ticket's place."""
    if "assigned_team" in hide and "metrics" in document:
        document["metrics"]["by_team"] = []
    if "assigned_team" in hide and "teams" in document:
        document["teams"] = document["handovers"] = []
    for closure in document.get("closures", ()) if "assigned_team" in hide else ():
        closure["closing_team"] = closure["working_team"] = None
    if "location_name" in hide and document.get("place"):
        document["place"]["name"] = None


def _csv(features: list[dict[str, Any]]) -> bytes:
    """Return one line per ticket."""
    names = list(features[0]["properties"]) if features else ["ticket_id"]
    rows = (
        [
            *(_cell(value) for value in feature["properties"].values()),
            *(feature["geometry"] or {}).get("coordinates", ("", "")),
        ]
        for feature in features
    )
    return _lines([*names, *_COORDINATES], rows)


def _teams_csv(teams: list[dict[str, Any]]) -> bytes:
    """Return one line per team: all its numbers but those of single days."""
    rows = [dict(_flat({name: value for name, value in team.items() if name != "by_day"})) for team in teams]
    return _lines(list(rows[0]) if rows else ["team"], ([_cell(value) for value in row.values()] for row in rows))


def _flat(members: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in members.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}_")
        else:
            yield f"{prefix}{name}", value


def _lines(header: list[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Write lines of RFC 4180."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return file.getvalue().encode()


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else disarmed(value) if isinstance(value, str) else str(value)
