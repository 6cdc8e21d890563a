"""Every example of docs/plugins.md, cut out of the document and run in a project."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.cli.site import INBOX, Site
from tests.fault_server import Answer, Asked, fault_server
from tests.kit import ROOT, export, ticket

TEXT = (ROOT / "docs" / "plugins.md").read_text("utf-8")
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SECTIONS = {part.split("\n", 1)[0]: BLOCK.findall(part) for part in re.split(r"^#{2,3} ", TEXT, flags=re.MULTILINE)}
HOOKS = {head.partition("(")[0]: blocks for head, blocks in SECTIONS.items() if "(" in head}


def example(section: str) -> str:
    (text,) = SECTIONS[section] if section in SECTIONS else HOOKS[section]
    return str(text)


@pytest.fixture
def using(site: Site) -> Callable[..., Site]:
    """Put the example of a hook into the project, as the page says, and have INC use it."""

    def use(hook: str, archive: str = "") -> Site:
        (site.folder / "feeds").mkdir()
        (site.folder / "feeds" / "example.py").write_text(example(hook), "utf-8")
        site.write(archive, 'plugins = ["example"]\n')
        return site

    return use


def run(site: Site, *args: str, **env: str) -> dict[str, Any]:
    result = site("-q", "run", "inc", "--apply", *args, "--json", **env)
    assert (result.code, result.run["error"]) == (0, None)
    return result.run


def test_each_hook_has_one_example_and_each_example_a_test() -> None:
    counts = {hook: len(blocks) for hook, blocks in HOOKS.items()}
    assert counts == dict.fromkeys(counts, 1) | {"geocode": 0}  # docs/geocoding.md has it
    others = [head for head, blocks in SECTIONS.items() if blocks and "(" not in head]
    assert others == ["A feed", "Its tests"]


def test_feed_source_takes_the_export_from_elsewhere(using: Callable[..., Site]) -> None:
    site = using("feed_source", "false")
    rows = [ticket("INC1")]

    def desk(asked: Asked) -> Answer:
        content = export(rows)
        written = f"Mon, 23 Nov 2026 0{len(rows)}:00:00 GMT"
        return Answer(content, headers={"Last-Modified": written, "ETag": f'"v{len(rows)}"'})

    with fault_server(desk) as server:
        first, again = run(site, DESK_URL=server.url), run(site, DESK_URL=server.url)
        rows.append(ticket("INC2"))
        third = run(site, DESK_URL=server.url)
    assert [one["outcome"] for one in (first, again, third)] == ["loaded", "unchanged", "loaded"]
    assert first["snapshot"]["key"] == "tickets.csv"
    assert first["snapshot"]["etag"] == "v1"
    assert list(site.tickets()) == ["INC1", "INC2"]
    assert [one["warnings"] for one in (first, again, third)] == [[], [], []]
    gone = site("-q", "run", "inc", "--apply", "--json", DESK_URL=server.url).run
    assert gone["error"]["cause"].startswith("Plugin example: `feed_source` raised URLError: ")


def test_feed_filter_drops_more_than_the_feed_declares(using: Callable[..., Site]) -> None:
    site = using("feed_filter")
    site.put([ticket("INC1"), ticket("INC2", location_name=" Training room 3"), ticket("INC3", is_alarm="true")])
    assert run(site)["rows"]["dropped"] == {"training": 1, "alarm": 1}
    assert list(site.tickets()) == ["INC1"]


def test_feed_normalise_adds_to_the_cores_ticket_and_may_reject(using: Callable[..., Site]) -> None:
    site = using("feed_normalise")
    opened = {"INC1": "2026-11-18 08:00:00", "INC2": "2026-11-18 23:10:00", "INC3": "", "INC4": "2999-01-01 00:00:00"}
    site.put([ticket(key, created_at_service=time) for key, time in opened.items()] + [ticket("")])
    counts = site("-q", "run", "inc", "--apply", "--json", FLEETFEED_FEEDS__INC__MAX_REJECT_RATIO="1").run["rows"]
    assert counts["rejected"] == {"opened in the future": 1, "empty key": 1}
    shifts = site.rows("SELECT ticket_id, raw ->> 'shift' FROM tickets.inc ORDER BY 1")
    assert shifts == [("INC1", "day"), ("INC2", "night"), ("INC3", None)]
    (reject,) = site.rows("SELECT detail FROM tickets.rejects WHERE reason = 'opened in the future'")
    assert reject == ("created_at_service is 2999-01-01 00:00:00",)


def test_feed_upsert_tells_what_is_committed_and_nothing_else(using: Callable[..., Site]) -> None:
    site = using("feed_upsert")
    site.put([ticket("INC1"), ticket("INC2")])
    with psycopg.connect(site.url, autocommit=True) as listening:
        listening.execute("LISTEN tickets")
        assert site("-q", "run", "inc").code == 0
        run(site)
        site.put([ticket("INC1"), ticket("INC2")], "again.csv")
        run(site)
        site.put([ticket("INC1", owner="somebody"), ticket("INC2")], "more.csv")
        run(site)
        reported = [note.payload for note in listening.notifies(timeout=1, stop_after=2)]
        assert reported == ["inc: 2 new, 0 changed", "inc: 0 new, 1 changed"]
        assert list(listening.notifies(timeout=0)) == []


def test_feed_archive_keeps_exports_for_ninety_days(using: Callable[..., Site]) -> None:
    site = using("feed_archive")
    for name in ("old.csv", "young.csv"):
        site.store.client.put_object(Bucket=site.bucket, Key=f"{INBOX}processed/{name}", Body=b"x")
    old = site.store.folder / site.bucket / INBOX / "processed" / "old.csv"
    os.utime(old, (1_700_000_000, 1_700_000_000))
    site.put([ticket("INC1")])
    assert run(site)["archived"] == [f"{INBOX}processed/export.csv"]
    assert sorted(site.objects()) == ["processed/export.csv", "processed/young.csv"]


def test_feed_history_posts_to_a_webhook_and_one_that_is_down_is_a_warning(using: Callable[..., Site]) -> None:
    site = using("feed_history")
    with fault_server(lambda asked: Answer(status=204)) as server:
        site.put([ticket("INC1"), ticket("INC2")])
        first, again = run(site, WEBHOOK_URL=server.url), run(site, WEBHOOK_URL=server.url)
    assert (first["warnings"], again["warnings"]) == ([], [])
    heard = [json.loads(asked.body) for asked in server.asked]
    assert heard == [{"text": "inc: 2 new, 0 changed, 0 gone, 0 rejected", "run": first["run_id"]}]
    site.put([ticket("INC1")], "next.csv")
    (warning,) = run(site, WEBHOOK_URL=server.url)["warnings"]
    assert warning.startswith("history: Plugin example: `feed_history` raised URLError: ")
    assert site.rows("SELECT count(*) FROM tickets.inc WHERE absent_since IS NOT NULL") == [(1,)]


def test_feed_ended_hears_of_a_run_that_is_refused_too(using: Callable[..., Site], tmp_path: Path) -> None:
    site, file = using("feed_ended"), tmp_path / "inc.json"
    site.put([ticket("INC1")])
    loaded = run(site, RUNS_FOLDER=str(tmp_path))
    assert json.loads(file.read_text()) == {"run": loaded["run_id"], "outcome": "loaded", "error": None}
    site.put(b"<html>", "next.csv")
    assert site("-q", "run", "inc", "--apply", RUNS_FOLDER=str(tmp_path)).code == 1
    reported = json.loads(file.read_text())
    assert (reported["run"], reported["outcome"]) == (loaded["run_id"] + 1, "refused")
    assert "it looks like HTML" in reported["error"]
    file.unlink()
    result = site("-q", "run", "inc", "--apply", "--json", RUNS_FOLDER=str(tmp_path / "gone"))
    assert result.run["warnings"][0].startswith("ended: Plugin example: `feed_ended` raised FileNotFoundError: ")


HEADER = [
    *(
        "Fault No.",
        "State",
        "kind",
        "is_test",
        "reported_at",
        "changed_at",
        "repaired_at",
        "district",
        "street",
        "crew",
    ),
    *("households", "minutes", "urgent", "lat", "lon", "exported_by"),
]
FAULTS = [
    "F1;Open;cable;false;01.11.2026 08:00;01.11.2026 08:00;-;D7;Gürtel 3 [TR-4];-;120;-;ja;48.2;16.35;x",
    "F1;Repaired;cable;false;01.11.2026 08:00;02.11.2026 10:00;2026-11-02T09:45:00+0100;D7;Gürtel 3;A;120;90;ja;;;x",
    "F2;Open;planned;false;01.11.2026 08:00;01.11.2026 08:00;-;D8;Ring 1;-;1;-;nein;-;-;x",
    "F3;Open;cable;yes;01.11.2026 08:00;01.11.2026 08:00;-;D8;Ring 1;-;1;-;nein;-;-;x",
    "F4;Cancelled;fuse;no;03.11.2026 08:00;03.11.2026 09:00;03.11.2026 09:00;D8;Ring 2;B;n/a;-;nein;99;16.35;x",
    "F5;Open;fuse;no;03.11.2026 11:00;03.11.2026 11:00;-;D8;Ring 9;B;2.5;-;n/a;48.21;16.36;x",
    "EXPORT STOPPED;;;;;;;;;;;;;;;",
]
POWER = """
SELECT ticket_id, state, repaired_at AT TIME ZONE 'UTC', households, urgent, latitude FROM tickets.power ORDER BY 1
"""


def test_unit_positions_asks_another_server(using: Callable[..., Site]) -> None:
    site = using("unit_positions")
    (site.folder / "units.csv").write_text("unit\nvan-1\n")
    assert site("units", "import", "units.csv", "--apply").code == 0
    vans = [{"unit": "van-1", "latitude": -1.29, "longitude": 36.8, "at": datetime.now(UTC).isoformat()}]
    with fault_server(lambda asked: Answer(json.dumps({"/vans": vans}[asked.path]).encode())) as server:
        site.write(more=f'[units]\nprovider = "example"\n[positions.example]\nurl = "{server.url}"\n')
        taken = site("units", "refresh")
        vans[0]["latitude"] = "north"
        wrong = site("units", "refresh")
    assert (taken.code, taken.out, taken.err) == (0, "1 position: 1 taken\n", "")
    assert (wrong.code, "van van-1, latitude: 'north'" in wrong.err) == (1, True), wrong.err


def grid(site: Site) -> Path:
    """Put the feed of the page into the project, with a sample, and a section of the settings."""
    folder = site.folder / "feeds" / "power"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(example("A feed"), "utf-8")
    (folder / "sample.csv").write_bytes("\r\n".join([";".join(HEADER), *FAULTS, ""]).encode("cp1252"))
    site.write(more=f'[feeds.power]\nsource = "file://{folder}/"\narchive = false\n')
    return folder


def test_the_feed_of_the_page_is_one(site: Site) -> None:
    grid(site)
    assert site("migrate").code == 0
    (reported,) = site("-q", "run", "power", "--apply", "--json").document["runs"]
    assert (reported["outcome"], reported["unknown_columns"], reported["snapshot"]["truncated"]) == ("loaded", [], True)
    rows = reported["rows"]
    assert rows["dropped"] == {"planned work": 1, "test": 1, "sentinel": 1}
    assert (rows["read"], rows["superseded"], rows["inserted"]) == (7, 1, 3)
    assert reported["unreadable_cells"] == {"lat": 1, "lon": 1}  # 99 degrees are outside of the country
    assert [[str(cell) for cell in row] for row in site.rows(POWER)] == [
        ["F1", "repaired", "2026-11-02 08:45:00", "120", "True", "None"],
        ["F4", "cancelled", "2026-11-03 08:00:00", "None", "False", "None"],
        ["F5", "open", "None", "3", "None", "48.21"],
    ]
    raw = dict(site.rows("SELECT ticket_id, raw FROM tickets.power"))
    assert raw["F1"]["street"] == "Gürtel 3"
    assert raw["F1"].keys().isdisjoint({"exported_by", "Fault No."})
    found = list(csv.DictReader(io.StringIO(site("export", "power", "--csv").out)))
    assert [row["ticket_id"] for row in found] == ["F1", "F4", "F5"]


def test_the_line_that_tests_a_feed_does(site: Site, new_database: Callable[[str | None], str]) -> None:
    folder = grid(site)
    (folder / "test_power.py").write_text(example("Its tests"))
    env = os.environ | {"TEST_DATABASE_URL": new_database(None)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "test_power.py"]
    laws = ["-k", "declaration or answers or pure or balance or sample"]
    done = subprocess.run([*command, *laws], cwd=folder, env=env, capture_output=True, text=True, check=False)
    reported = done.stdout + done.stderr
    assert (done.returncode, " passed" in reported, "skipped" in reported) == (0, True, False), reported
