"""Faults of street lights, as a city's own program exports them: semicolons, cp1252, days first, German words."""

from fleetfeed import Box, Degrees, Drop, Feed, Moment, Roles, Text, Whole, YesNo

FLEETFEED_API = 1  # the version of hooks and declarations that this is written for

ZONE = "Europe/Vienna"
TIMES = ("%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M %z")  # the second one is what the night shift's program writes
YES, NO = ("ja", "j"), ("nein", "n")

FEED = Feed(
    name="streetlights",
    key="fault_no",
    winner=("changed_at",),  # a fault is listed once for each of its changes
    delimiter=";",
    encoding="cp1252",
    nulls=("-", "k. A."),
    headers={
        "Störung Nr.": "fault_no",
        "Stand": "state",
        "Gemeldet am": "reported_at",
        "Geändert am": "changed_at",
        "Behoben am": "fixed_at",
        "Bezirk": "district",
        "Straße": "street",
        "Partie": "crew",
        "Leuchten": "lamps",
        "Gefahr": "dangerous",
        "Probe": "test",
        "Breite": "latitude",
        "Länge": "longitude",
    },
    drops=(Drop("test", YES, "test"),),
    columns=(
        Text("state", fold=str.lower),
        Moment("reported_at", zone=ZONE, formats=TIMES),
        Moment("changed_at", zone=ZONE, formats=TIMES),
        Moment("fixed_at", zone=ZONE, formats=TIMES),
        Text("district"),
        Text("street"),
        Text("crew"),
        Whole("lamps"),
        YesNo("dangerous", yes=YES, no=NO),
        YesNo("test", yes=YES, no=NO),
        Degrees("latitude"),
        Degrees("longitude"),
    ),
    bookkeeping=("changed_at",),
    roles=Roles(
        status="state",
        closed_statuses=("behoben", "storniert"),
        cancelled_statuses=("storniert",),
        closed="fixed_at",
        created=("reported_at",),
        cluster="district",
        location="street",
        team="crew",
        latitude="latitude",
        longitude="longitude",
    ),
    country=Box(south=46.3, west=9.5, north=49.1, east=17.2),
)
