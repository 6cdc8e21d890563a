"""CRQ: the change requests of the network, which is planned work. Nothing but a declaration."""

from fleetfeed import Feed, Moment, Roles, Text, YesNo

from .._network import ALIASES, BOOKKEEPING, CODES, EXPORTER, KENYA, PLACE, SEEN, SENTINEL, WINNER

FEED = Feed(
    name="crq",
    key="ticket_id",
    winner=WINNER,
    sentinel=SENTINEL,
    ignore=EXPORTER,
    columns=(
        Text("title"),
        Text("raw_status", fold=str.upper),
        Text("normalized_status"),  # requested approved scheduled in_progress completed failed cancelled
        Text("change_type"),  # standard normal emergency
        Text("risk"),
        Text("cluster"),
        Text("region", fold=str.lower),
        Text("location_name"),
        Text("assigned_team"),
        Text("owner"),
        Moment("planned_start_at"),
        Moment("planned_end_at"),
        Moment("actual_start_at"),
        Moment("actual_end_at"),
        Moment("closed_at"),
        Text("outcome"),  # successful successful_with_issues failed backed_out
        YesNo("is_actionable"),
        Moment("created_at_service"),
        *SEEN,
        *PLACE,
    ),
    bookkeeping=BOOKKEEPING,
    roles=Roles(
        status="normalized_status",
        closed_statuses=("completed", "failed", "cancelled"),
        closed="closed_at",
        created=("created_at_service", "first_seen_at"),
        cluster="cluster",
        location="location_name",
        team="assigned_team",
        latitude="latitude",
        longitude="longitude",
        cancelled_statuses=("cancelled",),
        raw_status="raw_status",
        bucket="change_type",  # an emergency has a target of its own
        region="region",
        owner="owner",
        actionable="is_actionable",
    ),
    aliases=ALIASES,
    codes=CODES,
    country=KENYA,
)
