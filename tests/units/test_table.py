"""Files of units and positions: every fault names its line and its column."""

from __future__ import annotations

import pytest

from fleetfeed.errors import NoPositions, UsageError
from fleetfeed.fleet import Position
from fleetfeed.units import table

NEEDED, OTHERS = ("unit", "latitude", "longitude", "at"), ("accuracy_m",)
HEADER = "unit,latitude,longitude,at,accuracy_m\n"
GOOD = "van-1,-1.29,36.80,2026-11-20T08:00:00+03:00,\n"


PLACES = ("0,0.0", "136.8,-1.29", "-1.29,236.8")


def read(text: str | bytes) -> list[Position]:
    content = text if isinstance(text, bytes) else text.encode()
    return Position.read_all(table.rows(content, "vans.csv", NEEDED, OTHERS))


def test_a_file_as_people_and_programs_write_it_is_read() -> None:
    text = (
        "\ufeffat, unit ,longitude,latitude\r\n\r\n"
        '2026-11-20 08:00:00+03:00," van-1 ",36.80,-1.29\r\n'
        "2026-11-20T05:00:00.25Z,van-2,36.81,-1.28\r\n"
    )
    first, second = read(text)
    assert (first.unit, first.latitude, first.longitude, first.accuracy_m) == ("van-1", -1.29, 36.8, None)
    assert (first.at.isoformat(), second.at.isoformat()) == (
        "2026-11-20T08:00:00+03:00",
        "2026-11-20T05:00:00.250000+00:00",
    )
    assert [one.origin for one in (first, second)] == ["vans.csv, line 3", "vans.csv, line 4"]
    assert read(HEADER) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "vans.csv is empty."),
        ("\n \n", "vans.csv is empty."),
        ("unit,latitude,longitude\n", "vans.csv, line 1: the header is wrong: at is missing."),
        ("unit,lattitude,longitude,at\n", "latitude is missing, lattitude is no column; did you mean `latitude`?"),
        ("unit;latitude;longitude;at\n", "line 1: the header is wrong: unit is missing"),
        ("unit,unit,latitude,longitude,at\n", "line 1: the header is wrong: unit is there twice"),
        ("unit,latitude,longitude,at,\n", "a column without a name is no column"),
        (GOOD, "line 1: the header is wrong: unit is missing"),
        (HEADER + "van-1,-1.29\n" + GOOD + "van-2,1,2,3,4,5\n", "vans.csv, line 2: 2 cells, but the header has 5"),
        (HEADER + GOOD + "van-2,1,2,3,4,5\n", "vans.csv, line 3: 6 cells, but the header has 5"),
        (HEADER + GOOD + 'van-2,"1\n', "vans.csv, line 3: unexpected end of data."),
        (HEADER.encode() + GOOD.encode() + b"van-\xe9,1", "vans.csv, line 3, cell 1: it is not UTF-8 text."),
        (HEADER.encode() + b"van,1,\xff,2", "vans.csv, line 2, cell 3: it is not UTF-8 text."),
        (b"x" * (table.LARGEST + 1), "vans.csv is larger than 10 MB."),
    ],
)
def test_a_file_that_is_no_table_is_refused(text: str | bytes, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(text)
    assert why in caught.value.cause
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (",-1.29,36.80,2026-11-20T08:00:00Z,", "line 3, unit: is missing"),
        (f"{'v' * 101},-1.29,36.80,2026-11-20T08:00:00Z,", "line 3, unit: is longer than 100 characters"),
        ("van\x1b[2J,-1.29,36.80,2026-11-20T08:00:00Z,", r"line 3, unit: 'van\\x1b[2J' has characters"),
        ("v,,36.80,2026-11-20T08:00:00Z,", "line 3, latitude: is missing"),
        ("v,-1.29,east,2026-11-20T08:00:00Z,", "line 3, longitude: 'east' is no number of decimal degrees"),
        ("v,nan,36.80,2026-11-20T08:00:00Z,", "line 3, latitude: 'nan' is no number of decimal degrees"),
        ('v,"-1,29",36.80,2026-11-20T08:00:00Z,', "line 3, latitude: '-1,29' is no number of decimal degrees"),
        ("v,inf,36.80,2026-11-20T08:00:00Z,", "line 3, latitude: 'inf' is no number of decimal degrees"),
        ("v,-1.29,36.80,,", "line 3, at: is missing"),
        ("v,-1.29,36.80,2026-11-20T08:00:00,", "line 3, at: '2026-11-20T08:00:00' has no zone"),
        ("v,-1.29,36.80,20/11/2026 08:00,", "line 3, at: '20/11/2026 08:00' is no time"),
        ("v,-1.29,36.80,2026-02-30T08:00:00Z,", "line 3, at: '2026-02-30T08:00:00Z' is no time"),
        ("v,-1.29,36.80,2026-11-20T08:00:00Z,-3", "line 3, accuracy_m: '-3' is no number of metres"),
        ("v,-1.29,36.80,2026-11-20T08:00:00Z,inf", "line 3, accuracy_m: 'inf' is no number of metres"),
        (GOOD.strip(), "line 3, unit: 'van-1' is repeated: vans.csv, line 2 has it already"),
    ],
)
def test_a_wrong_cell_refuses_the_file_and_is_named(row: str, why: str) -> None:
    with pytest.raises(NoPositions) as caught:
        read(HEADER + GOOD + row + "\n")
    assert f"vans.csv, {why}" in caught.value.cause or why in caught.value.cause


def test_a_tracker_that_errs_is_no_fault_of_the_file() -> None:
    rows = "".join(f"rider-{number},{place},2026-11-20T08:00:00Z,\n" for number, place in enumerate(PLACES))
    places = [(one.latitude, one.longitude) for one in read(HEADER + GOOD + rows)]
    assert places == [(-1.29, 36.8), (0, 0), (136.8, -1.29), (-1.29, 236.8)]


def test_all_faults_of_a_file_are_named_up_to_twenty() -> None:
    rows = "".join(f"van-{number},x,36.80,2026-11-20T08:00:00Z,\n" for number in range(25))
    with pytest.raises(NoPositions) as caught:
        read(HEADER + rows)
    reported = caught.value.cause.splitlines()
    assert reported[1] == "  vans.csv, line 2, latitude: 'x' is no number of decimal degrees, such as -1.2921"
    assert (len(reported), reported[-1]) == (22, "  … and 5 more")


@pytest.mark.parametrize(
    ("value", "fits"), [(36.8, True), (True, False), ([36.8], False), ({}, False), (10**400, False), (None, False)]
)
def test_json_values_are_read_like_cells(value: object, fits: bool) -> None:
    row = {"unit": "v", "latitude": -1.29, "longitude": value, "at": "2026-11-20T08:00:00Z", "accuracy_m": 3}
    if fits:
        assert Position.read_all([("here", row)])[0].accuracy_m == 3
        return
    with pytest.raises(NoPositions, match="here, longitude: "):
        Position.read_all([("here", row)])
