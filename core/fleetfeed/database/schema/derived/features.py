"""GeoJSON features in SQL."""

from __future__ import annotations

from collections.abc import Mapping


def feature(postgis: str, members: Mapping[str, str]) -> str:
    """Return a ticket `t` as a GeoJSON feature with these properties; a null geometry is valid."""
    listed = ", ".join(f"{value} AS {name}" for name, value in members.items())
    geometry = f"CASE WHEN t.geom IS NOT NULL THEN {postgis}.st_asgeojson(t.geom, 6)::json END"
    # row_to_json() is faster than json_build_object(). `p.*`, as a feed may have a column `p`.
    properties = f"(SELECT row_to_json(p.*) FROM (SELECT {listed}) AS p)"
    members_of_all = f"'Feature' AS type, {geometry} AS geometry, {properties} AS properties"
    return f"(SELECT row_to_json(f.*) FROM (SELECT {members_of_all}) AS f)"
