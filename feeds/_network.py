"""What the feeds of this network share: one ticket service writes their exports. (Begins with _: no feed itself.)"""

from fleetfeed import Box, Degrees, Moment

SENTINEL = "EXPORT STOPPED"

# Columns of the exporter's own: where it runs and which week it is.
EXPORTER = (
    "week_start",
    "week_end",
    "source_s3_bucket",
    "source_s3_key",
    "source_snapshot_id",
    "department",
    "source_type",
)
SEEN = tuple(map(Moment, ("first_seen_at", "last_seen_at", "source_created_at", "source_updated_at")))
BOOKKEEPING = tuple(column.name for column in SEEN)
PLACE = (Degrees("latitude"), Degrees("longitude"))
WINNER = ("source_updated_at", "last_seen_at")

# The codes stay in the table; only the geocoder is asked by name.
ALIASES = {"QOA": "Quarry Road", "PTMP": "Pipeline"}

_UNIT = r"\b(?i:OLT|ONT|ONU|GPON|EPON|XGSPON|PON|FAT|FDT|FDH|FDB|FDP|ODF|ODB|ODP|SPL)[\s_.:#/-]*\d+[A-Za-z]?\b"
_PORT = rf"{_UNIT}(?:[\s,;+&_/.:-]*{_UNIT}|[/.:_-]\d+)*"  # OLT-07/GPON 0/1/3
# In «Moi Avenue [OLT-07/GPON 3]» only the street is on a map. A code is an equipment's word with a number: «A1 Plaza»
# and «Fat Cow Grill» are names. At the beginning more than a space has to part it from the name: «Fat 8 Bar» is one.
CODES = (
    rf"(?:^|(?<![\s,;:|/(\[{{-])[\s,;:|/(\[{{-]+){_PORT}[\s)\]}}]*$",
    rf"^[\s(\[{{]*{_PORT}(?:\s*[,;:|/)\]}}-][\s,;:|/)\]}}-]*|$)",
)
KENYA = Box(south=-4.9, west=33.8, north=5.6, east=42.0)
