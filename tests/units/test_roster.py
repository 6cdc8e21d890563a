"""The list of units: what an import changes, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetfeed.database import Database
from fleetfeed.errors import UsageError
from fleetfeed.fleet import Unit
from fleetfeed.geo import Point
from fleetfeed.states import UnitKind
from fleetfeed.units.roster import compare, read, store, stored


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "units.csv"


def imported(db: Database, file: Path, text: str) -> dict[str, dict[str, object]]:
    """Import a list; return the fields that changed, by unit."""
    file.write_text(text)
    changes = compare(db, read(file))
    store(db, changes)
    return {change.after.unit: dict(change.fields()) for change in changes}


def test_a_list_is_stored_and_stored_again_without_a_change(db: Database, file: Path) -> None:
    text = (
        "unit,team,kind,skills,home_latitude,home_longitude,on_duty,max_tickets,note\n"
        "van-1,Field A,van,fibre; power;,-1.29,36.80,no,4,«old»\n"
        "van-2,,,,,,,,\n"
    )
    assert [*imported(db, file, text)] == ["van-1", "van-2"]
    assert stored(db) == [
        Unit("van-1", "Field A", UnitKind.VAN, ("fibre", "power"), Point(-1.29, 36.8), False, 4, "«old»"),
        Unit("van-2"),
    ]
    versions = db.all("SELECT xmin::text FROM tickets.units")
    assert imported(db, file, text) == {}
    assert db.all("SELECT xmin::text FROM tickets.units") == versions


def test_a_missing_column_keeps_and_an_empty_cell_empties(db: Database, file: Path) -> None:
    imported(db, file, "unit,team,max_tickets,on_duty\nvan-1,Field A,4,no\nvan-2,Field B,,\n")
    assert imported(db, file, "unit,team\nvan-1,\n") == {"van-1": {"team": ("Field A", None)}}
    assert stored(db) == [Unit("van-1", on_duty=False, max_tickets=4), Unit("van-2", "Field B")]
    assert imported(db, file, "unit,on_duty\nvan-1,YES\n") == {"van-1": {"on_duty": (False, True)}}


def test_an_empty_list_is_no_fault(db: Database, file: Path) -> None:
    assert imported(db, file, "unit,team\n") == {}


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (",van,,,,", "units.csv, line 3, unit: is missing"),
        ("van-2,boat,,,,", "units.csv, line 3, kind: 'boat' is none of van, bike, foot, team"),
        ("van-2,vann,,,,", "did you mean `van`?"),
        ("van-2,,-1.29,,,", "units.csv, line 3, home_longitude: is missing"),
        ("van-2,,x,36.8,,", "units.csv, line 3, home_latitude: 'x' is no number of decimal degrees"),
        ("van-2,,136.8,-1.29,,", "units.csv, line 3, home_latitude: '136.8' is not from -90 to 90; are latitude"),
        ("van-2,,,,maybe,", "units.csv, line 3, on_duty: 'maybe' is neither yes nor no"),
        ("van-2,,,,,0", "units.csv, line 3, max_tickets: '0' is no number from 1 to 10,000"),
        ("van-2,,,,,000000001999", "max_tickets: '000000001999' is no number from 1 to 10,000"),
        ("van-2,,,,,4.5", "units.csv, line 3, max_tickets: '4.5' is no number from 1 to 10,000"),
        ("van-1,,,,,", "units.csv, line 3, unit: 'van-1' is repeated: units.csv, line 2 has it already"),
        ("van-2,,36.80,-1.29,,", "line 3, home_latitude, home_longitude: 36.8, -1.29 is outside the country"),
        ("van-2,van", "units.csv, line 3: 2 cells, but the header has 6"),
    ],
)
def test_a_list_with_a_fault_is_refused_as_a_whole(db: Database, file: Path, row: str, why: str) -> None:
    header = "unit,kind,home_latitude,home_longitude,on_duty,max_tickets\n"
    with pytest.raises(UsageError) as caught:
        imported(db, file, f"{header}van-1,,,,,\n{row}\n")
    assert why in caught.value.cause
    assert stored(db) == []


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none.csv cannot be read: No such file or directory\."):
        read(tmp_path / "none.csv")
