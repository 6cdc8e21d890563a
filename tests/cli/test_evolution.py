"""A feed of a project's own over time: its columns and folds change, and one day its folder is gone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.site import Site
from tests.kit import ticket
from tests.reader.samples import written

FEED = """
from fleetfeed import Feed, Moment, Roles, Text

def tidy(text: str) -> str:
    return text.lower()

FEED = Feed(
    name="water", key="nr",
    columns=(Text("state"), Moment("begun"), Moment("ended"), Text("area", fold=tidy), Text("crew")),
    roles=Roles(status="state", closed_statuses=("closed",), closed="ended", created=("begun",), team="crew"),
)
"""
HEADER = ("nr", "state", "begun", "ended", "area", "crew", "valve")
ROWS = [["1", "open", "2026-11-01 08:00", "", "NORTH", "Blue", "V-7"], ["2", "open", "", "", "South", "", ""]]
AREAS = "SELECT ticket_id, area FROM tickets.water ORDER BY 1"


@pytest.fixture
def water(site: Site, tmp_path: Path) -> Site:
    """A site with INC, and beside it a feed in a folder whose first export is loaded, and stays where it lay."""
    (tmp_path / "bucket").mkdir()
    site.write(more=f'[feeds.water]\nsource = "file://{tmp_path}/bucket/"\narchive = false\n')
    (site.folder / "feeds" / "water").mkdir(parents=True)
    declare(site, FEED)
    (tmp_path / "bucket" / "export.csv").write_bytes(written(HEADER, ROWS))
    assert site("migrate").code == 0
    assert site("run", "water", "--apply").code == 0
    return site


def declare(site: Site, text: str) -> None:
    (site.folder / "feeds" / "water" / "__init__.py").write_text(text)


def test_a_column_added_to_the_map_is_filled_for_all_old_rows_by_migrate(water: Site) -> None:
    assert "has not declared" not in water("status").out
    declare(water, FEED.replace('Text("crew")', 'Text("crew"), Text("valve")'))
    behind = water("run", "water", "--apply", "--json").run
    assert (behind["error"]["kind"], "migrate" in behind["error"]["next_step"]) == ("SchemaBehind", True)
    assert water("migrate").code == 0
    assert water.rows("SELECT ticket_id, valve FROM tickets.water ORDER BY 1") == [("1", "V-7"), ("2", None)]
    assert water("run", "water", "--apply", "--json").run["rows"]["unchanged"] == 2


def test_a_column_taken_from_the_map_is_dropped_only_when_that_is_allowed(water: Site) -> None:
    declare(water, FEED.replace(', Text("crew")', "").replace(', team="crew"', ""))
    refused = water("migrate")
    assert refused.code == 1
    assert 'drop column crew of tickets."water"' in refused.error_lines[0]
    assert "--allow-destructive" in refused.error_lines[2]
    assert water.rows("SELECT crew FROM tickets.water ORDER BY ticket_id") == [("Blue",), (None,)]
    assert water("migrate", "--allow-destructive").code == 0
    assert water.rows("SELECT raw ->> 'crew' FROM tickets.water ORDER BY ticket_id") == [("Blue",), (None,)]
    assert water("run", "water", "--apply").code == 0


def test_an_edited_fold_reads_the_same_object_again_once(water: Site) -> None:
    assert water("run", "water", "--apply", "--json").run["outcome"] == "unchanged"
    assert water.rows(AREAS) == [("1", "north"), ("2", "south")]
    declare(water, FEED.replace("text.lower()", "text.upper()"))
    assert water("migrate").code == 0
    again = water("run", "water", "--apply", "--json").run
    assert (again["outcome"], again["rows"]["updated"], again["changed_fields"]) == ("loaded", 2, {"area": 2})
    assert water.rows(AREAS) == [("1", "NORTH"), ("2", "SOUTH")]
    assert water("run", "water", "--apply", "--json").run["outcome"] == "unchanged"


def test_a_feed_whose_folder_is_gone_keeps_its_table_and_harms_nobody(water: Site) -> None:
    before = water.rows("SELECT t::text, xmin FROM tickets.water AS t ORDER BY 1")
    shutil.rmtree(water.folder / "feeds" / "water")
    water.put([ticket("INC1")])

    runs = {run["feed"]: run for run in water("run", "--all", "--apply", "--json").document["runs"]}
    assert runs["inc"]["outcome"] == "loaded"
    assert runs["water"]["error"]["cause"].startswith("There is no plugin 'water' (found: ")
    reported = water("migrate")
    assert (reported.code, reported.out) == (2, "The database is up to date; nothing to do.\n")

    status = water("status")
    lines = status.out.splitlines()
    place = lines.index("water")
    assert lines[0] == "inc"
    assert lines[place + 1].startswith("  NOT USED  There is no plugin 'water' (found: ")
    assert lines[place + 2] == "  tickets   2 stay in tickets.water as they are, last loaded just now; nothing loads it"
    assert status.code == 2
    assert water("status", "water").out.splitlines() == lines[place:]
    document = json.loads(water("status", "--json").out)
    assert [feed["feed"] for feed in document["feeds"]] == ["inc"]
    (unused,) = document["unused"]
    assert unused.pop("loaded_at")
    assert unused.pop("why").startswith("There is no plugin 'water'")
    assert unused == {"feed": "water", "table": "tickets.water", "rows": 2}
    assert water.rows("SELECT t::text, xmin FROM tickets.water AS t ORDER BY 1") == before


def test_a_feed_that_is_gone_from_the_settings_too_is_no_error(water: Site) -> None:
    water.write()
    status = water("status")
    assert (status.code, "  NOT USED  fleetfeed.toml has no [feeds.water]." in status.out) == (0, True)
    shutil.rmtree(water.folder / "feeds" / "water")
    status = water("status")
    assert (status.code, "  NOT USED  No plugin of this project declares it." in status.out) == (0, True)
    assert water("migrate").code == 0
    assert water("run", "--all", "--apply").code == 0
    assert water.rows(AREAS) == [("1", "north"), ("2", "south")]
    ((shown,),) = water.rows("SELECT reporting.fn_tickets_for_map('water') #>> '{summary,total}'")
    assert shown is not None


def test_a_feed_whose_plugin_is_broken_is_reported_with_its_table(water: Site) -> None:
    declare(water, "1 / 0")
    (unused,) = json.loads(water("status", "--json").out)["unused"]
    assert (unused["rows"], "line 1: ZeroDivisionError" in unused["why"]) == (2, True)


def test_a_feed_that_comes_back_goes_on_where_it_was(water: Site) -> None:
    shutil.rmtree(water.folder / "feeds" / "water")
    assert water("run", "water", "--apply").code == 2
    (water.folder / "feeds" / "water").mkdir()
    declare(water, FEED)
    assert water("run", "water", "--apply", "--json").run["outcome"] == "unchanged"
    assert json.loads(water("status", "--json").out)["unused"] == []
