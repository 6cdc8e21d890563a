"""`run --trace`: every hook call is reported on stderr, calls for each row only as often as one reads them."""

from __future__ import annotations

import re

import pytest

from fleetfeed.config.loader import load_settings
from fleetfeed.project import Project
from fleetfeed.stages import filter as filtering
from tests.cli.site import INBOX, Site
from tests.kit import FEED, ticket

WATCH = """
import os
from dataclasses import replace
from fleetfeed import hookimpl

@hookimpl
def feed_filter(row):
    return "test" if row.key == "INC2" else None

@hookimpl(wrapper=True)
def feed_normalise():
    ticket = yield
    return replace(ticket, raw={**ticket.raw, "seen": "yes"})

@hookimpl
def feed_history():
    print("key", os.environ["RUSTFS_SECRET_KEY"])
    raise ValueError(os.environ["RUSTFS_SECRET_KEY"])
"""


@pytest.fixture
def watched(site: Site) -> Site:
    site.write(more='plugins = ["watch"]\n')
    (site.folder / "feeds").mkdir()
    (site.folder / "feeds" / "watch.py").write_text(WATCH)
    site.put([ticket(f"INC{number}") for number in range(1, 8)])
    return site


def traced(text: str) -> list[str]:
    """The lines of the trace, without times."""
    found = [line for line in text.splitlines() if line.startswith("trace ")]
    return [re.sub(r", \d+\.\d+ ms$|, \d+\.\d+ s(?=:)", "", line).removeprefix("trace inc ") for line in found]


def test_a_trace_shows_each_call_and_counts_rows_at_the_end(watched: Site) -> None:
    result = watched("run", "inc", "--apply", "--trace", "--json")
    assert result.run["outcome"] == "loaded"
    assert "plugin watch: key ***" in result.err.splitlines()
    assert traced(result.err) == [
        "rows: by Python, for the trace; without it by Python, as watch implements feed_filter",
        f"feed_source(bucket=S3Bucket, ledger=Ledger): core.source: Snapshot '{INBOX}export.csv'",
        "feed_filter(row=row 1 'INC1'): None of watch, core.filter",
        "feed_normalise(row=row 1 'INC1'): core.normalise: Ticket 'INC1' of 14 cells; "
        "watch (wrapper): Ticket 'INC1' of 15 cells",
        "feed_filter(row=row 2 'INC2'): watch: 'test'",
        "feed_filter(row=row 3 'INC3'): None of watch, core.filter",
        "feed_normalise(row=row 3 'INC3'): core.normalise: Ticket 'INC3' of 14 cells; "
        "watch (wrapper): Ticket 'INC3' of 15 cells",
        "feed_normalise(row=row 4 'INC4'): core.normalise: Ticket 'INC4' of 14 cells; "
        "watch (wrapper): Ticket 'INC4' of 15 cells",
        "feed_upsert(tickets=Tickets, export=Presence, run=run 1, db=Database): core.upsert: Changes (6 inserted)",
        "feed_archive(bucket=S3Bucket, archive=S3Bucket, run=run 1, db=Database): "
        f"core.archive: ['{INBOX}processed/export.csv']",
        "feed_history(run=run 1, db=Database): notified core.history",
        "feed_history(run=run 1, db=Database): raised Plugin watch: `feed_history` raised ValueError: *** "
        f"({watched.folder}/feeds/watch.py, line 18).",
        "feed_filter: 7 calls: None 6, watch 1",
        "feed_normalise: 6 calls: core.normalise → watch (wrapper) 6",
    ]


def test_a_trace_says_that_sql_reads_the_rows_without_it(site: Site) -> None:
    site.put([ticket("INC1")])
    assert traced(site("run", "inc", "--trace").err)[0] == "rows: by Python, for the trace; without it by SQL"


def test_feeds_check_names_the_plugin_for_which_python_reads_the_rows(watched: Site) -> None:
    assert watched("feeds", "check", "inc", "--json").document["by_row"] == "watch implements feed_filter"
    watched.write(more='plugins = ["wotch"]\n')
    (mistake,) = watched("feeds", "check", "inc", "--json").document["mistakes"]
    assert mistake["what"].startswith("There is no plugin 'wotch'")


def test_geocoding_after_the_loads_is_reported_as_well(watched: Site) -> None:
    reported = traced(watched("run", "inc", "--apply", "--trace", "--geocode-clusters").err)
    assert "geocode(query='Kilimani', service=Service): gazetteer: -1.284,36.7838 neighbourhood" in reported


def test_without_trace_nothing_is_printed_or_wrapped(watched: Site) -> None:
    assert traced(watched("run", "inc").err) == []
    manager = Project(load_settings(watched.folder, env=watched.env)).job(FEED, apply=False).manager
    (last, *_) = manager.hook.feed_filter.get_hookimpls()
    assert last.function is filtering.feed_filter
