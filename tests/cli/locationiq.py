"""LocationIQ, played by a server on the loopback, and tickets to find places for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.cli.site import Site
from tests.fault_server import Answer, Asked, FaultServer, fault_server
from tests.kit import ticket

KEY = "pk.canary-of-the-geocoder-key"
BOTH = ("--geocode-clusters", "--geocode-locations")
PLACES = {"Kilimani": ("-1.2921", "36.7856", "neighbourhood"), "Quarry Road": ("-1.2841", "36.8406", "street")}
TICKETS = [
    ticket("INC1", location_name="Moi Avenue [OLT-07/GPON 3]"),
    ticket("INC2", location_name="Moi Avenue [OLT-09/GPON 1]"),
    ticket("INC3", cluster="QOA", location_name="nowhere"),
    ticket("INC4", cluster="QOA", location_name="Far Street"),
    ticket("INC5", cluster="", location_name=""),
]


def located(asked: Asked) -> Answer:
    """Answer as LocationIQ does: clusters by name, streets near Kilimani, one far away, and some unknown."""
    name = asked.query["q"]
    if name == "nowhere":
        return Answer(b'{"error": "Unable to geocode"}', 404)
    far = ("-4.0435", "39.6682", "street")
    latitude, longitude, level = PLACES.get(name, far if name == "Far Street" else ("-1.2950", "36.7900", "street"))
    place = {"lat": latitude, "lon": longitude, "display_name": name, "matchquality": {"matchlevel": level}}
    return Answer(json.dumps([place]).encode())


@contextmanager
def provider(site: Site, answer: Callable[[Asked], Answer] = located, limits: str = "") -> Iterator[FaultServer]:
    """Run LocationIQ, and let the site ask it."""
    with fault_server(answer) as server:
        more = f'[geocoders.locationiq]\nhost = "{server.url}"\ncountrycodes = "ke"\nper_second = 1000\n'
        site.write(more=f'geocoders = ["locationiq"]\n\n{more}per_minute = 100000\nper_day = 100000\n{limits}')
        site.env["GEOCODER_API_KEY"] = KEY
        yield server


def sources(site: Site) -> dict[str, tuple[str | None, str | None]]:
    found = site.rows("SELECT ticket_id, geo_source, geo_precision FROM tickets.inc ORDER BY 1")
    return {key: (source, precision) for key, source, precision in found}
