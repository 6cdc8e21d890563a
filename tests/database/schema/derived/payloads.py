"""Whether a document is what docs/*.schema.json promise, and GeoJSON by RFC 7946."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from jsonschema import Draft202012Validator

from tests.kit import ROOT


def _validator(name: str) -> Draft202012Validator:
    schema = json.loads((ROOT / "docs" / f"{name}.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


DASHBOARD, MAP, TEAMS = _validator("dashboard"), _validator("map"), _validator("teams")


def wrong(validator: Draft202012Validator, document: Any) -> list[str]:
    """List what is wrong with a document: nothing is."""
    found = [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(document)]
    collections = (
        [document] if validator is MAP else [document[name] for name in ("open", "closed") if name in document]
    )
    return found + [problem for collection in collections for problem in not_geojson(collection)]


def not_geojson(collection: Any) -> list[str]:
    """List what RFC 7946 does not allow of a FeatureCollection of points."""
    found = []
    if collection["type"] != "FeatureCollection" or not isinstance(collection["features"], list):
        found.append("no FeatureCollection")  # section 3.3
    if collection.keys() & {"coordinates", "geometries", "geometry", "properties", "crs"}:
        found.append("a FeatureCollection with members of another type")  # sections 7.1 and 4
    for feature in collection["features"]:
        if feature["type"] != "Feature" or "geometry" not in feature or not isinstance(feature["properties"], dict):
            found.append(f"no Feature: {feature}")  # section 3.2
        if feature.keys() & {"coordinates", "geometries", "features", "crs"}:
            found.append(f"a Feature with members of another type: {feature}")
        if (geometry := feature["geometry"]) is not None:
            longitude, latitude = geometry["coordinates"]  # sections 3.1.1 and 3.1.2
            if geometry["type"] != "Point" or abs(longitude) > 180 or abs(latitude) > 90:
                found.append(f"no Point: {geometry}")
            if any(round(value, 6) != value for value in (longitude, latitude)):
                found.append(f"more than six decimals: {geometry}")
    return found


def moments(document: Any) -> list[datetime]:
    """Read every time of a document; each has an offset."""
    if isinstance(document, dict):
        return [moment for value in document.values() for moment in moments(value)]
    if isinstance(document, list):
        return [moment for value in document for moment in moments(value)]
    if isinstance(document, str) and len(document) > 18 and document[10:11] == "T":
        return [datetime.fromisoformat(document)]
    return []
