"""The parts that documents of the present and of the past share: templates that are filled twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fleetfeed.database.schema import tables
from fleetfeed.database.schema.derived.asof import unknown
from fleetfeed.database.schema.tables import literal
from fleetfeed.feed import Feed

_PARTS = ("map_document", "open_tickets")
Fill = Callable[[str, Mapping[str, str]], str]


def parts(feed: Feed, fill: Fill, age: Callable[[str], str]) -> dict[str, Callable[[str], str]]:
    """Return the fragments by name, as functions of `now` or `then`; `fill` fills a template with more fragments."""

    def part(file: str) -> Callable[[str], str]:
        return lambda when: fill(file, now if when == "now" else then).rstrip()

    now = {
        "source": tables.table(feed),
        "aged": f"tickets.{feed.name}_open_sla",
        "age_then": age("now()"),
        "trust": f"(SELECT freshness FROM tickets.freshness({literal(feed.name)}, now()))",
        "kept_first": "",
        "also": "",
    }
    # The page shows the open tickets of then: closed ones, however new, must not use up the limit.
    then = {
        "source": "was",
        "aged": "aged",
        "age_then": age("p_at"),
        "trust": "NULL",
        "kept_first": "open DESC, ",
        "also": f" 'as_of', p_as_of || jsonb_build_object('unknown', {unknown(feed)}),",
    }
    return {name: part(f"{name}.sql") for name in _PARTS}
