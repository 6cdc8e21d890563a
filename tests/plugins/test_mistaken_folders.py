"""What lies in a folder of plugins and is none is named, with what would be one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fleetfeed.plugins.registry import find
from tests.plugins.dropped import DECLARED, Drop, dropping
from tests.plugins.mistaken import reported


@pytest.mark.parametrize(
    ("path", "name", "why"),
    [
        ("my-feed/__init__.py", "my-feed", "small letters, digits and _; 'my_feed' would be one"),
        ("Power.py", "Power", "'power' would be one"),
        ("2nd.py", "2nd", "small letters, digits and _)"),
        (f"{'x' * 40}.py", "x" * 40, f"'{'x' * 31}' would be one"),
        ("inc.bak/__init__.py", "inc.bak", "'inc_bak' would be one"),
    ],
)
def test_an_impossible_name_is_reported_with_a_possible_one_and_not_run(
    tmp_path: Path, drop: Drop, path: str, name: str, why: str
) -> None:
    drop(f"feeds/{path}", "1 / 0")
    error = reported(find(tmp_path, ["feeds"]), name)
    assert f"{name!r} is no name for a plugin" in error
    assert why in error


def test_a_name_that_is_no_text_can_be_printed(tmp_path: Path, drop: Drop) -> None:
    (tmp_path / "feeds" / os.fsdecode(b"w\xffter.py")).write_text("")
    found = find(tmp_path, ["feeds"]).found.values()
    (odd,) = (plugin for plugin in found if "ter" in plugin.name and plugin.error)
    assert (odd.origin + odd.error).isprintable()
    assert "\\udcff" in odd.error


def test_a_link_that_leads_nowhere_is_reported_with_where_it_leads(tmp_path: Path, drop: Drop) -> None:
    drop("feeds/notes.txt", "")
    links = [tmp_path / "feeds" / name for name in ("bad", "worse.py", "loop.py", "notes.md")]
    for link in links:
        link.symlink_to("/nowhere/at/all" if link.stem != "loop" else link)
    found = find(tmp_path, ["feeds"])
    assert reported(found) == f"{links[0]} is a link to /nowhere/at/all, which is not there"
    assert reported(found, "worse") == f"{links[1]} is a link to /nowhere/at/all, which is not there"
    assert reported(found, "loop") == f"{links[2]} is a link to {links[2]}, which is not there"
    assert "notes" not in found.found


def test_a_link_to_a_feed_is_a_feed(tmp_path: Path, drop: Drop) -> None:
    drop("elsewhere/power/__init__.py", DECLARED)
    (tmp_path / "feeds" / "power").symlink_to(tmp_path / "elsewhere" / "power")
    assert find(tmp_path, ["feeds"]).feed("power").name == "power"


def test_a_folder_of_code_that_is_no_package_is_reported(tmp_path: Path, drop: Drop) -> None:
    drop("feeds/bad/feed.py", DECLARED)
    error = reported(find(tmp_path, ["feeds"]))
    assert error == f"{tmp_path}/feeds/bad is a folder without __init__.py (it has feed.py), so it cannot be imported"


def test_what_is_neither_file_nor_folder_is_reported_at_once(tmp_path: Path, drop: Drop) -> None:
    os.mkfifo(tmp_path / "feeds" / "bad.py")
    assert reported(find(tmp_path, ["feeds"])) == f"{tmp_path}/feeds/bad.py is neither a file nor a folder"


@contextmanager
def as_nobody() -> Iterator[None]:
    """Be somebody whom permissions hold back, also where root runs the tests."""
    if root := os.geteuid() == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.mark.parametrize(
    ("closed", "why"),
    [
        ("feeds/bad.py", "feeds/bad.py: PermissionError: [Errno 13] Permission denied: "),
        ("feeds/bad", "feeds/bad is a folder that cannot be read: Permission denied"),
        ("feeds/bad/__init__.py", "feeds/bad/__init__.py: PermissionError: [Errno 13] Permission denied: "),
    ],
)
def test_what_may_not_be_read_is_reported(closed: str, why: str) -> None:
    with tempfile.TemporaryDirectory() as folder:  # pytest's own is closed to everybody else
        Path(folder).chmod(0o755)
        drop = dropping(Path(folder))
        drop("feeds/water/__init__.py", DECLARED)
        drop(closed if closed.endswith(".py") else f"{closed}/__init__.py", DECLARED)
        (Path(folder) / closed).chmod(0)
        with as_nobody():
            found = find(Path(folder), ["feeds"])
        assert reported(found).startswith(f"{folder}/{why}")
        (Path(folder) / closed).chmod(0o700)


def test_a_folder_of_plugins_that_may_not_be_read_is_reported() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        drop = dropping(Path(folder))
        drop("good/water/__init__.py", DECLARED)
        (Path(folder) / "feeds").mkdir(mode=0)
        with as_nobody():
            found = find(Path(folder), ["feeds", "good"])
        assert found.faults == [
            f'[project] plugins names "feeds", but {folder}/feeds cannot be read: Permission denied'
        ]
        assert found.feed("water").name == "water"
