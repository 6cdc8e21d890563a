"""A list of known places, without a key and without a network: gazetteer.csv, or the file that the settings name.

Its columns: name, also (other names, with semicolons between), latitude, longitude, precision, source. A line that
begins with # is a comment.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from fleetfeed import GeocodeQuery, GeocodeResult, NotUnderstood, Point, Service, hookimpl

BUNDLED = Path(__file__).with_name("gazetteer.csv")


@hookimpl
def geocode(query: GeocodeQuery, service: Service) -> GeocodeResult | None:
    """Look the name up as a whole, whatever its letters' case: a part of it could be any place."""
    return GeocodeResult.of(_read(service.settings.file or BUNDLED).get(_spelt(query.text), ()))


@lru_cache
def _read(file: Path) -> dict[str, list[GeocodeResult]]:
    places: dict[str, list[GeocodeResult]] = {}
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            for row in csv.DictReader(line for line in lines if not line.startswith("#")):
                for name in _names(row):
                    places.setdefault(_spelt(name), []).append(_result(row))
    except (OSError, UnicodeDecodeError, csv.Error, KeyError) as error:
        raise NotUnderstood(f"{file} is no gazetteer: {type(error).__name__}: {error}.") from None
    return places


def _names(row: dict[str, str]) -> Iterator[str]:
    yield row["name"]
    yield from filter(None, (row.get("also") or "").split(";"))


def _result(row: dict[str, str]) -> GeocodeResult:
    return GeocodeResult(Point.read(row["latitude"], row["longitude"]), row["precision"], row["name"], raw=row)


def _spelt(name: str) -> str:
    return " ".join(name.split()).casefold()
