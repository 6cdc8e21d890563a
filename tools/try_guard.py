"""Try the wrong-place guard on real, repeated names: `python tools/try_guard.py WARDS.json STOPS.csv`.

A cluster is a constituency, a location is a ward or a stop in it, and the geocoder answers with every place of that
name, the one farthest from the cluster first: the worst order there is. What is told is how often the guard takes the
very place, another one, or none. docs/geocoding.md has the outcome, and says where the two files come from.
"""

from __future__ import annotations

import csv
import json
import math
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from feeds.inc import FEED
from fleetfeed import GeocodeQuery, GeocodeResult, Point
from fleetfeed.geocoding.guard import judge
from fleetfeed.text.parse import location_key

Place = tuple[str, Point]
SAME_KM = 0.5  # stops of one name on both sides of a road are one place


def main() -> None:
    """Try both files, and print what came of it."""
    wards, stops = map(Path, sys.argv[1:])
    constituencies = json.loads(wards.read_text("utf-8"))
    areas = [(area["name"], _center(area)) for area in constituencies]
    of_wards = [((ward["name"], _center(ward)), _center(area)) for area in constituencies for ward in area["wards"]]
    tell("wards, each in its constituency", of_wards)
    with stops.open(encoding="utf-8-sig", newline="") as lines:
        rows = [(row["stop_name"], Point.read(row["stop_lat"], row["stop_lon"])) for row in csv.DictReader(lines)]
    tell(
        "stops, each in the nearest constituency", [(stop, _nearest(stop[1], areas)) for stop in rows if stop[1].exists]
    )


def tell(what: str, asked: Iterable[tuple[Place, Point]]) -> None:
    """Ask for every place near its cluster, and count."""
    found = list(asked)
    by_name: dict[str, list[Point]] = defaultdict(list)
    for (name, point), _ in found:
        by_name[_spelt(name)].append(point)
    guarded, naive, off = Counter[str](), Counter[str](), {"first": [0.0], "guarded": [0.0]}
    for (name, point), cluster in found:
        places = sorted(by_name[_spelt(name)], key=lambda other: -_km(other, cluster))
        if not cluster.exists:
            guarded["not asked: the cluster has no place"] += 1
            continue
        naive["right" if _km(places[0], point) <= SAME_KM else "wrong"] += 1
        off["first"].append(_km(places[0], point))
        result, km = outcome(name, places, point, cluster)
        guarded[result] += 1
        off["guarded"].append(km)
    repeated = sum(len(points) > 1 for points in by_name.values())
    print(f"{what}: {len(found):,} places, {len(by_name):,} names, {repeated:,} of them of several places")
    print(f"  the first answer: {_told(naive)}; at worst {max(filter(math.isfinite, off['first'])):,.0f} km off")
    print(f"  with the guard:   {_told(guarded)}; at worst {max(filter(math.isfinite, off['guarded'])):,.0f} km off")


def outcome(name: str, places: list[Point], point: Point, cluster: Point) -> tuple[str, float]:
    """Tell what the guard makes of all places of a name, and how far what it takes is from the one that is meant."""
    results = [GeocodeResult(place, "neighbourhood", name) for place in places]
    answer = GeocodeResult.of(results)
    verdict = judge(GeocodeQuery(name, FEED.country, cluster), answer) if answer else None
    if verdict is None or verdict.place is None:
        return f"refused: it lies {'within' if _km(point, cluster) <= 25 else 'beyond'} 25 km", 0.0
    km = _km(verdict.place.point, point)
    return "right" if km <= SAME_KM else "a namesake within 25 km", km


def _center(area: dict[str, dict[str, object]]) -> Point:
    center = area.get("center", {})
    return Point.read(center.get("lat"), center.get("lon"))


def _nearest(point: Point, areas: Iterable[Place]) -> Point:
    return min((area for _, area in areas if area.exists), key=point.km_to)


def _km(one: Point, other: Point) -> float:
    return one.km_to(other) if one.exists and other.exists else float("inf")


def _spelt(name: str) -> str:
    return (location_key(name) or "").casefold()


def _told(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} ({count / counts.total():.1%}) {what}" for what, count in counts.most_common())


if __name__ == "__main__":
    main()
