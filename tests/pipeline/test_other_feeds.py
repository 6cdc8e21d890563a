"""Feeds unlike INC: other headers and spellings; and what derives from a feed minds no name of a column."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pluggy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetfeed import Feed, Moment, Roles, Text, Whole, YesNo
from fleetfeed.buckets.single import SingleFile
from fleetfeed.database import Database, connect
from fleetfeed.database.schema import derived
from fleetfeed.database.schema.migrate import migrate
from fleetfeed.feed.names import DERIVED_NAMES, PLACE_COLUMNS, TABLE_COLUMNS
from fleetfeed.hookspecs import GROUP, Hooks
from fleetfeed.model import RunReport
from fleetfeed.pipeline import run
from fleetfeed.pipeline.job import Job
from fleetfeed.stages import STAGES
from tests.kit import MIGRATIONS, examples
from tests.reader.samples import written

TIMES = ("%d-%m-%Y %H:%M", "%d/%m/%Y %H:%M")
DESK = Feed(  # a help desk, as its own program exports it: several versions of a ticket in one file
    name="desk",
    key="number",
    winner=("updated",),
    nulls=("?",),
    headers={"Opened At": "begun", "Closed At": "ended"},
    columns=(
        Text("state"),
        YesNo("active", fold=str.lower),
        Moment("begun", formats=TIMES),
        Moment("updated", formats=TIMES),
        Moment("ended", formats=TIMES),
        Text("place"),
        Text("crew"),
        Whole("reopened"),
    ),
    roles=Roles(status="state", closed_statuses=("Closed",), closed="ended", created=("begun",), location="place"),
)
HEADER = ("number", "state", "active", "Opened At", "updated", "Closed At", "place", "crew", "reopened")
ONE = [
    ["D1", "New", "TRUE", "29-02-2016 01:16", "29-02-2016 01:16", "?", "Location 143", "?", "0"],
    ["D1", "Closed", "FALSE", "29-02-2016 01:16", "05-03-2016 12:00", "05-03-2016 12:00", "Location 143", "?", "0"],
    ["D2", "New", "TRUE", "01-03-2016 09:05", "02-03-2016 10:00", "?", "?", "Group 56", "1"],
]
OTHER = [
    [re.sub(r"^0?(\d+)-0?(\d+)-(\d{4})", r"\1/\2/\3", cell.replace("TRUE", "true")) for cell in row] for row in ONE
]


@pytest.fixture(scope="module")
def database(new_database: Callable[[str | None], str], migrated: str) -> Iterator[Database]:
    with connect(new_database(migrated), "other feeds") as db:
        yield db


def load(db: Database, feed: Feed, path: Path, *, warns: bool = False) -> RunReport:
    """Load a file of a feed that no plugin declares."""
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(Hooks)
    for stage in STAGES.values():
        manager.register(stage)
    report = run.run(Job(feed, manager, SingleFile(path), apply=True, in_ledger=False), db)
    assert report.error is None, report.error
    assert bool(report.warnings) == warns, report.warnings
    return report


# All but the digest, which is of the cells as they are spelt.
TICKETS = "SELECT to_jsonb(t) - 'source_digest' FROM tickets.desk AS t ORDER BY ticket_id"


def test_two_spellings_of_the_same_tickets_end_in_the_same_table(database: Database, tmp_path: Path) -> None:
    migrate(database, MIGRATIONS, [DESK])
    tables = []
    for name, rows in (("one.csv", ONE), ("other.csv", OTHER)):
        (tmp_path / name).write_bytes(written(HEADER, rows))
        report = load(database, DESK, tmp_path / name)
        tables.append(database.all(TICKETS))
        assert (report.rows.superseded, report.changes.unreadable, report.unknown_columns) == (1, {}, [])
    assert report.rows.unchanged == 2
    assert tables[0] == tables[1]
    found = database.all(
        "SELECT ticket_id, state, active, begun::text, ended IS NULL, crew FROM tickets.desk ORDER BY 1"
    )
    assert found == [
        ("D1", "Closed", False, "2016-02-29 01:16:00+00", False, None),
        ("D2", "New", True, "2016-03-01 09:05:00+00", True, "Group 56"),
    ]


WORDS = sorted(
    {
        word
        for path in (Path(derived.__file__).parent).iterdir()
        if path.suffix in (".sql", ".py")
        for word in re.findall(r"\b[a-z_][a-z0-9_]*\b", path.read_text(encoding="utf-8"))
    }
    | {"select", "user", "order", "table", "group", "desc", "null", "true", "limit", "current_date", "authorization"}
)
TAKEN = DERIVED_NAMES | TABLE_COLUMNS | PLACE_COLUMNS | {DESK.key, *DESK.winner}
FREE = [word for word in WORDS if word not in TAKEN and len(word) < 59]
ROLES = ("state", "begun", "ended", "place", "crew", "active", "reopened", "area", "kind", "owner_name", "zone_name")
PLAIN = replace(
    DESK,
    name="plain",
    headers={},
    columns=(
        *(item for item in DESK.columns if item.name != "updated"),
        Text("area"),
        Text("kind"),
        Text("owner_name"),
        Text("zone_name"),
    ),
    winner=(),
    roles=Roles(
        status="state",
        closed_statuses=("Closed",),
        cancelled_statuses=("Closed",),
        closed="ended",
        created=("begun",),
        cluster="area",
        location="place",
        team="crew",
        actionable="active",
        mttr="reopened",
        bucket="kind",
        owner="owner_name",
        region="zone_name",
    ),
)


def renamed(feed: Feed, names: dict[str, str], more: Sequence[str]) -> Feed:
    """Give a feed's columns other names, and columns of other names beside them."""
    roles: dict[str, Any] = {
        role: names.get(value, value) if isinstance(value, str) else tuple(names.get(item, item) for item in value)
        for role, value in vars(feed.roles).items()
        if value is not None
    }
    columns = [replace(column, name=names[column.name]) for column in feed.columns]
    return replace(feed, name="odd", columns=(*columns, *map(Text, more)), roles=Roles(**roles), headers={})


def payloads(db: Database, feed: Feed) -> list[Any]:
    """Ask for all that derives from a feed, but for its name and the times it was asked at."""
    asked = (
        f"reporting.fn_tickets_for_map('{feed.name}')",
        f"reporting.fn_{feed.name}_dashboard(p_window => 'custom', p_from => '2016-02-28', p_to => '2016-03-07')",
        f"reporting.fn_{feed.name}_dashboard(p_cluster => 'Group 56', p_status => 'New')",
        f"(SELECT json_agg(s.open_total) FROM tickets.{feed.name}_daily_snapshot AS s)",
        f"(SELECT json_agg(e.assigned_team) FROM tickets.closure_events AS e WHERE e.feed = '{feed.name}')",
    )
    found = [db.one(f"SELECT {call}") for call in asked]
    for document in found[:3]:
        for part in (document, document.get("summary", {})):
            for name in ("freshness", "generated_at", "data_as_of", "feed"):
                part.pop(name, None)
        for collection in (document, document.get("open", {})):
            for feature in collection.get("features", ()):
                del feature["properties"]["age_minutes"]  # which is one more when a minute ends between two documents
        document.get("metrics", {}).get("ttr", {}).pop("basis", None)
        document.get("filters", {}).pop("from", None)
        document.get("filters", {}).pop("to", None)
    return found


@settings(max_examples=examples(33))
@given(st.integers(0, 2**32).map(lambda seed: Random(seed).sample(FREE, len(ROLES) + 150)))
def test_whatever_the_columns_are_called_the_documents_are_the_same(
    database: Database, tmp_path_factory: pytest.TempPathFactory, words: list[str]
) -> None:
    names = dict(zip(ROLES, words, strict=False))
    odd = renamed(PLAIN, names, words[len(ROLES) :])
    rows = [[*row, "area 1", "kind 1", "somebody", "west"] for row in ONE]
    header = ["number", "state", "active", "begun", "updated", "ended", "place", "crew", "reopened", *ROLES[7:]]
    folder = tmp_path_factory.mktemp("odd")
    documents = []
    for feed, spelt in ((PLAIN, header), (odd, [names.get(name, name) for name in header])):
        database.execute("DROP TABLE IF EXISTS tickets.odd, tickets.odd_daily_snapshot CASCADE")
        database.execute("DELETE FROM tickets.closure_events WHERE feed = 'odd'")
        database.execute("DELETE FROM tickets.import_meta WHERE feed = 'odd'")
        database.execute("DELETE FROM tickets.captures WHERE feed = 'odd'")
        migrate(database, MIGRATIONS, [feed], allow_destructive=True)
        (folder / f"{feed.name}.csv").write_bytes(written(spelt, rows))
        load(database, feed, folder / f"{feed.name}.csv")
        documents.append(payloads(database, feed))
    assert documents[0] == documents[1]
