"""Processes of this machine prepare the exports of a rebuild."""

from __future__ import annotations

import multiprocessing
import os
import signal
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from fleetfeed.errors import FleetfeedError
from fleetfeed.executors.order import STAYS
from fleetfeed.rebuild.replay import Progress
from tests.executors.kit import DEADLY, Scene, count_read, history
from tests.kit import FEED, Bench, export, line, ticket

CURIOUS = """
import json, multiprocessing, os
from pathlib import Path

if multiprocessing.parent_process():
    Path(__file__).with_suffix(".seen").write_text(json.dumps(dict(os.environ)))
"""
TALKATIVE = """
import multiprocessing, os
from fleetfeed.pipeline.prepare import Preparer

def talk(*given):
    raise RuntimeError("The key is " + os.environ["RUSTFS_SECRET_KEY"])

if multiprocessing.parent_process():
    Preparer.prepare = talk
"""
# A plugin with which workers spool exports to a full disk, while a file `extra.full` is beside it.
SPOOLING = """
import multiprocessing
from contextlib import contextmanager
from pathlib import Path
from fleetfeed.rebuild import preparing

scratch = preparing.scratch

@contextmanager
def maybe_full():
    with scratch() as folder:
        if Path(__file__).with_suffix(".full").exists():
            (folder / "export.csv.part").symlink_to("/dev/full")
        yield folder

if multiprocessing.parent_process():
    preparing.scratch = maybe_full
"""
QUIET = "# has no hook\n"
LISTED = 'plugins = ["extra"]\n'


def test_the_rebuild_is_the_same_and_reads_no_export_itself(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    read = count_read(monkeypatch)
    scene.rebuild(scene.executor()).replay()
    scene.assert_equal()
    assert read == []
    assert scene.past.rebuild().prove()[1].differences == []


def test_one_chunk_is_prepared_in_this_process(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fleetfeed.executors.processes.processes", None)
    scene.rebuild(scene.executor(chunk=7)).replay()
    scene.assert_equal()


def test_a_worker_that_is_killed_is_replaced(scene: Scene) -> None:
    killed: list[int] = []

    def kill(at: Progress) -> None:
        if at.done == 2:
            for process in multiprocessing.active_children():
                os.kill(process.pid or 0, signal.SIGKILL)
                killed.append(process.pid or 0)

    scene.rebuild(scene.executor(chunk=1, workers=1), kill).replay()
    assert killed
    scene.assert_equal()


def test_an_export_that_kills_its_worker_three_times_ends_the_rebuild(bench: Bench) -> None:
    scene = Scene(bench, LISTED, {"extra.py": DEADLY})
    scene.load(*history(7))
    with pytest.raises(FleetfeedError, match=r"ended each time it prepared export007.csv\."):
        scene.rebuild(scene.executor()).replay()
    assert multiprocessing.active_children() == []
    scene.rebuild(scene.executor("serial")).replay()
    scene.assert_equal()


def test_workers_with_other_rules_are_refused_and_nothing_is_written(bench: Bench, tmp_path: Path) -> None:
    scene = Scene(bench, LISTED, {"extra.py": QUIET})
    scene.load(*history(7))
    other = copytree(scene.folder, tmp_path / "other")
    (other / "feeds" / "extra.py").write_text(QUIET + "# changed\n")
    with pytest.raises(FleetfeedError, match="has other rules for inc") as caught:
        scene.rebuild(replace(scene.executor(), project=str(other))).replay()
    assert "restart them" in caught.value.next_step
    assert scene.past.db.one("SELECT count(*) FROM tickets.inc__rebuild") == 0


def test_no_worker_has_a_way_to_the_database(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(bench, LISTED, {"extra.py": CURIOUS})
    scene.load(*history(7))
    names = (
        "DATABASE_URL",
        "DATABASE_URL_FILE",
        "FLEETFEED_DATABASE__URL",
        "FLEETFEED_SERVE__DISPATCHER_URL",
        "PGPASSWORD",
    )
    for name in names:
        monkeypatch.setenv(name, "postgresql://canary@/db")
    monkeypatch.setenv("RUSTFS_ACCESS_KEY", "key-of-worker")
    scene.rebuild(scene.executor()).replay()
    seen = (scene.folder / "feeds" / "extra.seen").read_text()
    assert "RUSTFS_ACCESS_KEY" in seen
    assert "canary" not in seen


def test_a_full_disk_of_the_workers_ends_it_and_loses_nothing(bench: Bench) -> None:
    scene, steps = Scene(bench, LISTED, {"extra.py": SPOOLING}), history(7)
    scene.load(*steps[:3])
    scene.rebuild(scene.executor()).replay()
    scene.load(*steps[3:])
    full = scene.folder / "feeds" / "extra.full"
    full.touch()
    with pytest.raises(
        FleetfeedError, match=r"could not prepare export004.csv .*: No space left on device\."
    ) as caught:
        scene.rebuild(scene.executor()).replay()
    assert ("Make room" in str(caught.value), caught.value.effect) == (True, STAYS)
    assert multiprocessing.active_children() == []
    assert len(scene.rebuild(scene.executor()).plan().done) == 3
    full.unlink()
    scene.rebuild(scene.executor()).replay()
    scene.assert_equal()


def test_a_workers_error_does_not_show_a_key_that_only_it_has(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(bench, LISTED, {"extra.py": TALKATIVE})
    scene.load(*history(7))
    rebuild = scene.rebuild(scene.executor())
    monkeypatch.setenv("RUSTFS_ACCESS_KEY", "of-the-worker")  # after the command has read its own
    monkeypatch.setenv("RUSTFS_SECRET_KEY", "canary-of-the-worker")
    with pytest.raises(FleetfeedError, match=r"The key is \*\*\*\.") as caught:
        rebuild.replay()
    assert "canary" not in str(caught.value)


BROKEN: dict[str, Any] = {
    "cut off": export([ticket("T1"), ticket("T2")])[:-9],
    "no CSV": b"%PDF-1.7\n",
    "without its status": b"ticket_id,cluster\r\nT1,Ruiru\r\n",
    "mostly unreadable": export([ticket("T1")]) + line("T2", "x") * 200,
    "truncated by its exporter": export([ticket("T3")]) + f"{FEED.sentinel}\r\n".encode(),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_what_a_run_refuses_or_holds_is_so_in_the_middle_of_a_chunk(bench: Bench, content: bytes) -> None:
    scene, steps = Scene(bench), history(7)
    scene.load(*steps[:4], content, *steps[4:])
    scene.rebuild(scene.pickled(3)).replay()
    scene.assert_equal()


def test_an_export_that_is_gone_when_it_is_read_ends_it_and_loses_nothing(scene: Scene) -> None:
    gone = scene.bench.archive / "export005.csv"
    kept = gone.read_bytes()

    def remove(at: Progress) -> None:
        if at.done == 1:
            gone.unlink()

    with pytest.raises(FleetfeedError, match=r"export005\.csv"):
        scene.rebuild(scene.executor("serial"), remove).replay()
    assert len(scene.past.rebuild().plan().done) == 4
    scene.bench.put(kept, f"processed/{gone.name}")
    scene.rebuild(scene.executor(chunk=2)).replay()
    scene.assert_equal()


def test_runs_of_the_feed_go_on_meanwhile(scene: Scene) -> None:
    def load_more(at: Progress) -> None:
        if at.done == 4:
            scene.load(*history(9)[7:])

    scene.rebuild(scene.executor(), load_more).replay()
    scene.assert_equal()
    assert len(scene.past.rebuild().plan().done) == 9
