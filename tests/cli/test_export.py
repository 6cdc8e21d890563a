"""`fleetfeed export`: what other programs read, on stdout, harmless to spreadsheets and terminals."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.site import Site
from tests.kit import FEED, Bench, ticket

COLUMNS = [
    "ticket_id",
    *(column.name for column in FEED.columns if column.typed),
    *("geo_source", "geo_precision", "latitude", "longitude", "absent_since", "ingested_at"),
]
CLOCK = ("generated_at", "age_minutes", "content_lag_minutes", "from", "to")  # between two calls it goes on


def table(site: Site) -> list[dict[str, str]]:
    """Read what `export --csv` writes, byte for byte, as any reader of CSV does."""
    result = site("export", "inc", "--csv")
    assert result.code == 0, result.err
    return list(csv.DictReader(io.StringIO(result.out, newline="")))


def test_csv_has_every_ticket_with_its_typed_columns_as_rfc_4180_wants_it(site: Site, bench: Bench) -> None:
    awkward = 'Röhre "7", 🚒\nsecond line'
    bench.loaded(
        [
            ticket("T2", location_name=awkward, mttr="-5", latitude="-1.28", longitude="36.8"),
            ticket("T1", owner="", closed_at="2026-11-19 10:00", created_at_service="no time"),
        ]
    )
    raw = subprocess.run(
        [sys.executable, "-m", "fleetfeed", "export", "inc", "--csv"],
        cwd=site.folder,
        env=os.environ | site.env,
        capture_output=True,
        check=True,
    ).stdout
    assert raw.decode().split("\r\n")[0] == ",".join(COLUMNS)
    assert (raw.count(b"\r\n"), raw[-2:]) == (3, b"\r\n")  # a line of a cell does not end so
    one, two = csv.DictReader(io.StringIO(raw.decode(), newline=""))
    assert (one["ticket_id"], two["ticket_id"], two["location_name"]) == ("T1", "T2", awkward)
    assert (two["mttr"], two["latitude"], two["longitude"], two["geo_source"]) == ("-5", "-1.28", "36.8", "feed")
    assert (one["owner"], one["created_at_service"], one["is_actionable"]) == ("", "", "t")
    assert one["closed_at"] == "2026-11-19 07:00:00+00"


def test_a_cell_that_begins_like_a_formula_gets_a_quote_before_it(site: Site, bench: Bench) -> None:
    cells = ["=1+1", "+1", "-1.28", "@SUM(A1)", "=cmd|' /C calc'!A0", "-2+3", "＝1"]
    bench.loaded([ticket(cell, owner=cell, cluster=f"{cell},x") for cell in cells])
    reported = sorted((row["ticket_id"], row["owner"], row["cluster"]) for row in table(site))
    assert reported == sorted((f"'{cell}", f"'{cell}", f"'{cell},x") for cell in cells)


def test_only_space_that_spreadsheets_skip_hides_no_formula(site: Site) -> None:
    cells = {"\t=1": "'\t=1", "\r=1": "'\r=1", "\n=1": "'\n=1", "'=1": "'=1", "a=1": "a=1", "1-2": "1-2", " =1": " =1"}
    for place, cell in enumerate(cells):
        raw = json.dumps({"owner": cell}).replace("'", "''")
        site.rows(f"INSERT INTO tickets.inc (ticket_id, raw) VALUES ('T{place}', '{raw}')")
    assert [row["owner"] for row in table(site)] == list(cells.values())


def test_what_nobody_sees_before_a_formula_hides_none(site: Site) -> None:
    unseen = [
        "\ufeff",
        "\u200b",
        "\u2060\u200e",
        "\u00ad",
        "\x01",
        "\x1f\x7f",
        "\u3164",
        "\ufe0f",
        "\U000e0020",
        "\u202e",
    ]
    cells = [*(f"{before}=1" for before in unseen), "\ufeffa=1", "\u200b"]
    for place, cell in enumerate(cells):
        raw = json.dumps({"owner": cell}).replace("'", "''")
        site.rows(f"INSERT INTO tickets.inc (ticket_id, raw) VALUES ('T{place:02}', '{raw}')")
    assert [row["owner"] for row in table(site)] == [*(f"'{cell}" for cell in cells[:-2]), *cells[-2:]]


def test_before_the_first_load_each_format_is_empty_and_valid(site: Site) -> None:
    assert site("export", "inc", "--csv").out == ",".join(COLUMNS) + "\r\n"
    on_map = json.loads(site("export", "inc", "--map").out)
    assert (on_map["features"], on_map["summary"]["total"]) == ([], 0)
    page = json.loads(site("export", "inc", "--dashboard").out)
    assert (page["schema_version"], page["open"]["features"], page["metrics"]["backlog"]["total"]) == (1, [], 0)


@pytest.mark.parametrize(
    ("option", "call"), [("--map", "fn_tickets_for_map('inc')"), ("--dashboard", "fn_inc_dashboard()")]
)
def test_map_and_dashboard_are_what_the_functions_say_on_one_line(
    site: Site, bench: Bench, option: str, call: str
) -> None:
    bench.loaded([ticket("T1", owner="Röhre \x1b[31m \x9b2J 🚒", latitude="-1.28", longitude="36.8"), ticket("T2")])
    result = site("export", "inc", option)
    ((wanted,),) = site.rows(f"SELECT reporting.{call}")
    assert timeless(json.loads(result.out)) == timeless(wanted)
    assert (result.code, result.out.count("\n"), '": ' in result.out) == (0, 1, False)
    assert result.out[:-1].isprintable()


def timeless(value: Any) -> Any:
    if isinstance(value, list):
        return [timeless(item) for item in value]
    return {k: timeless(v) for k, v in value.items() if k not in CLOCK} if isinstance(value, dict) else value


def test_fifty_megabytes_flow_through_little_memory(site: Site, tmp_path: Path) -> None:
    lean, _ = peak(site, tmp_path / "empty.csv")
    site.rows(
        "INSERT INTO tickets.inc (ticket_id, raw) SELECT 'T' || n, jsonb_build_object('ticket_id', 'T' || n, "
        "'owner', repeat('x', 10000)) FROM generate_series(1, 5000) AS n"
    )
    full, size = peak(site, tmp_path / "full.csv")
    assert size > 50_000_000
    assert full < lean + 20_000
    with site.process("export", "inc", "--csv") as head:
        assert head.stdout
        assert head.stderr
        assert head.stdout.readline().startswith("ticket_id,")
        head.stdout.close()
        assert (head.wait(timeout=30), head.stderr.read()) == (1, "")


PEAK = """
import sys
from fleetfeed import cli
try:
    cli.main()
finally:  # what the parent sees of a child that has ended counts the parent's own memory, too
    print([line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")][0], file=sys.stderr)
"""


def peak(site: Site, file: Path) -> tuple[int, int]:
    """Export into a file: the peak of the process's memory in kB, and the length of what it wrote."""
    with file.open("wb") as out:
        done = subprocess.run(
            [sys.executable, "-c", PEAK, "export", "inc", "--csv"],
            cwd=site.folder,
            env=os.environ | site.env,
            stdout=out,
            stderr=subprocess.PIPE,
            check=True,
        )
    return int(done.stderr), file.stat().st_size


def test_a_terminal_is_sent_nothing_that_it_would_act_upon(site: Site, bench: Bench) -> None:
    bench.loaded([ticket("T1", owner="\x1b]0;owned\x07", cluster="a\x9b2Jb\nc")])
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "fleetfeed", "export", "inc", "--csv"],
        cwd=site.folder,
        env=os.environ | site.env,
        stdout=theirs,
        check=True,
    )
    os.close(theirs)
    reported = os.read(ours, 100_000).decode()
    os.close(ours)
    assert done.returncode == 0
    assert r"\x1b]0;owned\x07" in reported
    assert r'"a\x9b2Jb\nc"' in reported
    assert all(text.isprintable() for text in reported.split("\r\n"))


@pytest.mark.parametrize("options", [[], ["--map", "--csv"], ["--map", "--dashboard", "--csv"]])
def test_not_exactly_one_format_is_reported(site: Site, options: list[str]) -> None:
    result = site("export", "inc", *options)
    assert (result.code, result.out) == (2, "")
    assert "give exactly one of --map, --dashboard and --csv" in " ".join(result.err.replace("│", " ").split())


COMMANDS = [("export", "{}", "--csv"), ("explain", "{}", "T1"), ("capture", "{}")]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: words[0])
def test_what_is_missing_is_reported_as_every_command_does(
    site: Site, empty_url: str, command: tuple[str, ...]
) -> None:
    def reported(feed: str, **env: str | None) -> tuple[int, str, str]:
        result = site(*(word.format(feed) for word in command), **env)
        assert "Traceback" not in result.err
        return result.code, result.out, result.error_lines[0]

    assert reported("inc", DATABASE_URL=None) == (2, "", "error:  No database is named.")
    code, out, cause = reported("inc", DATABASE_URL="postgresql://nobody@127.0.0.1:1/x")
    assert (code, out, cause[:43]) == (1, "", "error:  The database cannot be reached: con")
    code, out, cause = reported("inc", DATABASE_URL=empty_url)
    assert (code, out, cause[:41]) == (1, "", "error:  The database is at revision none,")
    code, out, cause = reported("ink")
    assert (code, out, "did you mean `inc`?" in cause) == (2, "", True)
    site.rows("DROP VIEW tickets.inc_open_sla CASCADE")
    code, out, cause = reported("inc")
    assert (code, out, "create view tickets.inc_open_sla" in cause) == (1, "", True)
