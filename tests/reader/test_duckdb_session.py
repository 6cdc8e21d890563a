"""The DuckDB that reads exports: one database serves one export after the other, and none sees what another left."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fleetfeed.errors import ExportRefused
from fleetfeed.reader import duckdb_session
from fleetfeed.reader.duckdb_session import scratch_database

if TYPE_CHECKING:
    import duckdb


@pytest.fixture(autouse=True)
def idle(monkeypatch: pytest.MonkeyPatch) -> list[duckdb.DuckDBPyConnection]:
    """Return the idle databases of this process: none at first."""
    found: list[duckdb.DuckDBPyConnection] = []
    monkeypatch.setitem(duckdb_session._idle, os.getpid(), found)
    return found


def setting(db: duckdb.DuckDBPyConnection, name: str) -> object:
    return db.execute("SELECT current_setting(?)", [name]).fetchall()[0][0]


def test_the_next_export_gets_the_same_database_without_tables(
    tmp_path: Path, idle: list[duckdb.DuckDBPyConnection]
) -> None:
    with scratch_database(tmp_path / "one", 3) as first:
        first.execute("CREATE TABLE export AS SELECT 1 AS n")
        first.execute("CREATE TEMP TABLE reject_errors AS SELECT 1 AS n")
    with scratch_database(tmp_path / "two", 1_400) as second:
        assert second is first
        assert second.execute("SELECT count(*) FROM duckdb_tables()").fetchall() == [(0,)]
        assert setting(second, "temp_directory") == str(tmp_path / "two")
        assert (setting(second, "threads"), setting(second, "memory_limit")) == (1, "438.6 MiB")
    assert idle == [first]


def test_two_exports_at_once_have_a_database_each(tmp_path: Path, idle: list[duckdb.DuckDBPyConnection]) -> None:
    with scratch_database(tmp_path / "one", 3) as one, scratch_database(tmp_path / "two", 3) as two:
        one.execute("CREATE TABLE export AS SELECT 1 AS n")
        assert two.execute("SELECT count(*) FROM duckdb_tables()").fetchall() == [(0,)]
    assert len(idle) == 2


def test_a_database_that_failed_or_has_written_to_its_folder_is_not_kept(
    tmp_path: Path, idle: list[duckdb.DuckDBPyConnection]
) -> None:
    with pytest.raises(ExportRefused), scratch_database(tmp_path / "refused", 3):
        raise ExportRefused("it is no export")
    with scratch_database(tmp_path / "large", 3) as db:
        db.execute("CREATE TABLE export AS SELECT range AS n, md5(range::TEXT) AS k FROM range(8_000_000)")
        assert (tmp_path / "large").exists()
    assert idle == []
    assert not (tmp_path / "large").exists()


def test_a_fork_does_not_take_a_database_of_its_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with scratch_database(tmp_path / "parent", 3) as parent:
        pass
    pid = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: pid + 1)
    with scratch_database(tmp_path / "child", 3) as child:
        assert child is not parent
    monkeypatch.delitem(duckdb_session._idle, pid + 1)
