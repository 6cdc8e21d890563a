"""The SQL fragments that fill the templates of this folder, derived from a feed's roles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

from fleetfeed.database.schema import tables
from fleetfeed.database.schema.derived import asof, counts, shared
from fleetfeed.database.schema.derived.attribution import Fragment, attribution
from fleetfeed.database.schema.derived.features import feature
from fleetfeed.database.schema.tables import literal, quoted
from fleetfeed.feed import Feed

# Property of a feature → role: readers of the map can see these columns, and no others.
_PROPERTIES = {
    "status": "status",
    "raw_status": "raw_status",
    "bucket": "bucket",
    "cluster": "cluster",
    "region": "region",
    "location_name": "location",
    "assigned_team": "team",
    "owner": "owner",
    "is_actionable": "actionable",
}
# Column of closure_events → role.
_EVENT = {
    "closed_at": "closed",
    "cluster": "cluster",
    "region": "region",
    "assigned_team": "team",
    "owner": "owner",
    "mttr": "mttr",
    "sla_status": "sla_status",
    "raw_status": "raw_status",
}
_MARK = re.compile(r"@(\w+)(?:\(([^@]*)\))?@")


def render(name: str, fragments: Mapping[str, Fragment]) -> str:
    """Fill a template of this folder."""
    return filled(Path(__file__).with_name(name).read_text(encoding="utf-8"), fragments)


def filled(template: str, fragments: Mapping[str, Fragment]) -> str:
    """Fill a template: each `@name@` or `@name(argument)@` is a fragment of SQL, `@include(name)@` another template."""

    def fill(found: re.Match[str]) -> str:
        if found[1] == "include":
            return render(found[2], fragments)
        fragment = fragments[found[1]]
        return fragment if isinstance(fragment, str) else fragment(found[2])

    return _MARK.sub(fill, template)


def fragments(feed: Feed, postgis: str) -> dict[str, Fragment]:
    """Return the fragments by name."""
    roles = feed.roles
    shown = [roles.closed, *roles.created, *(_column(feed, role) for role in (*_PROPERTIES.values(), "mttr"))]
    found: dict[str, Fragment] = {
        "postgis": postgis,
        "feed": feed.name,
        "feed_text": literal(feed.name),
        "table": tables.table(feed),
        "zone": literal(feed.zone),
        "open": tables.is_open(feed),
        "closed": tables.closed(feed),
        "not_closed": f"NOT {tables.closed(feed)}",
        "gone": lambda length: _gone(feed, length),
        "newest_closed": lambda length: _newest_closed(feed, length),
        **_filters(feed),
        **attribution(feed),
        **_repairs(feed),
        **_closing_times(feed),
        "created": quoted(roles.created[0]),
        "age": _age,
        "age_from": _age_from(feed),
        "shown": ", ".join(["ticket_id", *dict.fromkeys(quoted(name) for name in shown if name)]),
        "bucket": _value(feed, "bucket", "open.") if roles.bucket else "NULL::text",
        "actionable": f"{_value(feed, 'actionable')} IS TRUE" if roles.actionable else "true",
        **{role: _value(feed, role) for role in ("status", "cluster", "team", "mttr")},
        "event_columns": ", ".join(_EVENT),
        "event_values": ", ".join(f"{_value(feed, role, 't.')} AS {name}" for name, role in _EVENT.items()),
        "from_raw": _from_raw(feed, postgis, _EVENT.values()),
        "status_from_raw": _from_raw(feed, postgis, ["closed"]),
        "status_cells": f"ARRAY[{', '.join(literal(name) for name in _names(feed, ['closed']))}]",
        "cluster_of": lambda prefix: _value(feed, "cluster", prefix),
        "properties": ", ".join(f"({literal(name)}, {literal(column)})" for name, column in _shown(feed)),
        **_features(feed, postgis),
        **counts.groups(),
        "percentiles": counts.percentiles,
        **shared.parts(feed, lambda name, also: render(name, {**found, **also}), _age),
        **asof.fragments(feed, postgis, shown),
        "pct": lambda count: f"CASE WHEN closed >= 5 THEN trim_scale(round(100.0 * {count} / closed, 6)) END",
    }
    return found


def _column(feed: Feed, role: str) -> str | None:
    found: str | None = getattr(feed.roles, role)
    return found


_TYPES = {"actionable": "boolean", "mttr": "integer", "closed": "timestamptz"}


def _value(feed: Feed, role: str, prefix: str = "") -> str:
    name = _column(feed, role)
    return f"{prefix}{quoted(name)}" if name else f"NULL::{_TYPES.get(role, 'text')}"


def _shown(feed: Feed) -> Iterator[tuple[str, str]]:
    """Yield the property and the column of each value that readers see."""
    yield "created_at", feed.roles.created[0]
    for name, role in {**_PROPERTIES, "closed_at": "closed", "mttr_minutes": "mttr"}.items():
        if column := _column(feed, role):
            yield name, column


def _closing_times(feed: Feed) -> dict[str, Fragment]:
    """Return the fragments about closing times, which a feed may not have."""
    name, since = feed.roles.closed, feed.roles.created[0]
    return {
        "closed_at_of": lambda prefix: _value(feed, "closed", prefix),
        "newest_first": f"{quoted(name)} DESC, ticket_id" if name else "ticket_id",
        "ttr_basis": literal(f"{since}..{name}" if name else "no closing times"),
    }


def _repairs(feed: Feed) -> dict[str, Fragment]:
    """Return the fragments about repairs, and how long they took."""
    return {
        "repaired": _repaired(feed),
        "minutes": _minutes,
        "took": lambda until: _minutes(f"t.{quoted(feed.roles.created[0])}", until),
    }


def _age_from(feed: Feed) -> str:
    cases = " ".join(f"WHEN {quoted(name)} IS NOT NULL THEN {literal(name)}" for name in feed.roles.created)
    return f"CASE {cases} END"


def _gone(feed: Feed, length: str) -> str:
    """Select what the dashboard counts of closed tickets, using one of the two indexes."""
    roles = feed.roles
    closed_at, created = _value(feed, "closed"), quoted(roles.created[0])
    return (
        f"SELECT ticket_id, {created} AS created, {_repaired(feed)} AS repaired, {_value(feed, 'mttr')} AS reported, "
        f"coalesce({_value(feed, 'cluster')}, '(none)') AS cluster, geo_source IS NOT NULL AS mapped, geo_precision, "
        f"{closed_at} >= v_since AND {closed_at} < v_until AS counts, width_bucket({closed_at}, v_midnights) AS place, "
        f"{_minutes(created, closed_at)} AS took "
        f"FROM {tables.table(feed)} WHERE {_of_length(feed, length)} AND {tables.closed(feed)} "
        f"AND {closed_at} >= v_first AND {closed_at} < v_last AND {_matches('p_cluster', _value(feed, 'cluster'))}"
    )


def _of_length(feed: Feed, length: str) -> str:
    return "NOT " * (length == "long") + tables.fits(feed)


def _repaired(feed: Feed) -> str:
    """Return the condition that a closed ticket was not cancelled."""
    cancelled = ", ".join(map(literal, feed.roles.cancelled_statuses))
    return f"({quoted(feed.roles.status)} IN ({cancelled})) IS NOT TRUE" if cancelled else "true"


def _minutes(since: str, until: str = "closed_at") -> str:
    """Return the minutes between two times; null if negative."""
    return f"CASE WHEN {until} >= {since} THEN date_part('epoch', {until} - {since}) / 60 END"


def _filters(feed: Feed) -> dict[str, Fragment]:
    def opened(prefix: str) -> str:
        return f"coalesce({', '.join(prefix + quoted(name) for name in feed.roles.created)})"

    return {
        "opened": opened(""),
        "opened_of": opened,
        "in_cluster": _matches("p_cluster", _value(feed, "cluster")),
        "event_in_cluster": _matches("p_cluster", "e.cluster"),
        "in_status": _matches("p_status", _value(feed, "status")),
    }


def _newest_closed(feed: Feed, length: str) -> str:
    """Select the newest closed tickets, using one of the two indexes and its order."""
    closed_at = _value(feed, "closed")
    return (
        f"SELECT * FROM {tables.table(feed)} WHERE {_of_length(feed, length)} AND {tables.closed(feed)} "
        f"AND {closed_at} >= v_since AND {closed_at} < v_until AND {_matches('p_cluster', _value(feed, 'cluster'))} "
        f"ORDER BY {closed_at} DESC, ticket_id LIMIT 2000"
    )


def _matches(argument: str, column: str) -> str:
    """Compare a column with an argument; `(none)`, the name in documents for a missing value, matches null."""
    return f"({argument} IS NULL OR {column} = {argument} OR {argument} = '(none)' AND {column} IS NULL)"


def _age(at: str) -> str:
    """Return the age in whole minutes: 0 for a ticket from the future, null without a time."""
    minutes = f"floor(date_part('epoch', {at} - age_since) / 60)::integer"  # extract() returns numeric, which is slower
    return f"CASE WHEN age_since <= {at} THEN {minutes} WHEN age_since > {at} THEN 0 END"


def _from_raw(feed: Feed, postgis: str, roles: Iterable[str]) -> str:
    """Compute the status and the columns of some roles from a `raw`."""
    stored = {column.name: column.generated for column in tables.columns(feed, postgis)}
    return ", ".join(f"{stored[name]} AS {quoted(name)}" for name in _names(feed, roles))


def _names(feed: Feed, roles: Iterable[str]) -> dict[str, None]:
    """Name the columns of the status and of some roles, each once."""
    return dict.fromkeys([feed.roles.status, *filter(None, (_column(feed, role) for role in roles))])


def _features(feed: Feed, postgis: str) -> dict[str, Fragment]:
    """Return the fragments of a ticket as a feature: of any one, of an open, a near and a closed one."""
    members, near = partial(_members, feed), {"distance_m": "round(n.apart)::bigint"}
    return {
        "feature": feature(postgis, members("v.age_minutes", "v.sla_state")),
        "open_feature": feature(postgis, members("t.age_minutes", "t.sla_state")),
        "near_feature": feature(postgis, members("t.age_minutes", "t.sla_state") | near),
        "closed_feature": feature(postgis, members("NULL::integer", "NULL::text")),
        "open_properties": ", ".join(
            f"'{name}', json_agg({value})" for name, value in members("t.age_minutes", "t.sla_state").items()
        ),
    }


def _members(feed: Feed, age: str, state: str) -> dict[str, str]:
    """Return the properties of a feature, and the SQL of each."""
    return {
        "ticket_id": "t.ticket_id",
        **{name: _value(feed, role, "t.") for name, role in _PROPERTIES.items()},
        "created_at": f"t.{quoted(feed.roles.created[0])}",
        "age_minutes": age,
        "sla_state": state,
        "closed_at": _value(feed, "closed", "t."),
        "mttr_minutes": _value(feed, "mttr", "t."),
        "geo_source": "t.geo_source",
        "geo_precision": "t.geo_precision",
    }
