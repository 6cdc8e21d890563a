"""INC: the incident tickets of the network, exported about hourly. Nothing but a declaration."""

from fleetfeed import Box, Degrees, Feed, Moment, Roles, Text, Untyped, Whole, YesNo, is_true

_UNIT = r"\b(?i:OLT|ONT|ONU|GPON|EPON|XGSPON|PON|FAT|FDT|FDH|FDB|FDP|ODF|ODB|ODP|SPL)[\s_.:#/-]*\d+[A-Za-z]?\b"
_PORT = rf"{_UNIT}(?:[\s,;+&_/.:-]*{_UNIT}|[/.:_-]\d+)*"  # OLT-07/GPON 0/1/3

FEED = Feed(
    name="inc",
    key="ticket_id",
    winner=("source_updated_at", "last_seen_at"),
    sentinel="EXPORT STOPPED",
    drops=(is_true("is_alarm", reason="alarm"),),
    ignore=(
        "week_start",
        "week_end",
        "source_s3_bucket",
        "source_s3_key",
        "source_snapshot_id",
        "department",
        "source_type",
    ),
    columns=(
        Text("raw_status", fold=str.upper),
        Text("normalized_status"),
        Text("bucket"),
        YesNo("is_actionable"),
        Untyped("is_alarm"),
        Untyped("is_auto_created"),
        Untyped("is_auto_closed"),
        Untyped("service_type"),
        Text("cluster"),
        Text("region", fold=str.lower),
        Text("location_name"),
        Text("assigned_team"),
        Text("owner"),
        Text("sla_status"),
        Whole("mttr", unit="minutes"),
        Moment("created_at_service"),
        Moment("scheduled_at"),
        Moment("closed_at"),
        Moment("first_seen_at"),
        Moment("last_seen_at"),
        Moment("source_created_at"),
        Moment("source_updated_at"),
        Degrees("latitude"),
        Degrees("longitude"),
    ),
    bookkeeping=("first_seen_at", "last_seen_at", "source_created_at", "source_updated_at"),
    roles=Roles(
        status="normalized_status",
        closed_statuses=("closed", "cancelled"),
        closed="closed_at",
        created=("created_at_service", "first_seen_at"),
        cluster="cluster",
        location="location_name",
        team="assigned_team",
        latitude="latitude",
        longitude="longitude",
        cancelled_statuses=("cancelled",),
        raw_status="raw_status",
        bucket="bucket",
        region="region",
        owner="owner",
        actionable="is_actionable",
        mttr="mttr",
        sla_status="sla_status",
    ),
    # The codes stay in the table; only the geocoder is asked by name.
    aliases={"QOA": "Quarry Road", "PTMP": "Pipeline"},
    # In «Moi Avenue [OLT-07/GPON 3]» only the street is on a map. A code is an equipment's word with a number: «A1
    # Plaza» and «Fat Cow Grill» are names. At the beginning more than a space has to part it from the name: «Fat 8
    # Kitchen» is one.
    codes=(
        rf"(?:^|(?<![\s,;:|/(\[{{-])[\s,;:|/(\[{{-]+){_PORT}[\s)\]}}]*$",
        rf"^[\s(\[{{]*{_PORT}(?:\s*[,;:|/)\]}}-][\s,;:|/)\]}}-]*|$)",
    ),
    country=Box(south=-4.9, west=33.8, north=5.6, east=42.0),  # Kenya
)
