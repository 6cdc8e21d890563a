"""Open DuckDB with a scratch folder, and translate its errors. No other module does."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING

from fleetfeed.errors import ExportRefused, NoMemory, NoScratch
from fleetfeed.reader.duckdb_sql import literal

if TYPE_CHECKING:
    import duckdb

_MEMORY = 160  # MB
_WIDE = 400  # columns; beyond that, DuckDB needs memory per column, for 2,048 cells of each and more at a time
# Databases for the next exports, by process: to make one takes longer than to read a small export. A fork cannot use
# those of its parent, as it lacks their threads.
_idle: defaultdict[int, list[duckdb.DuckDBPyConnection]] = defaultdict(list)


@contextmanager
def scratch_database(folder: Path, columns: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB in memory for files with so many columns; what does not fit goes to a folder, removed at the end.

    Raises ExportRefused for what is not CSV, and NoScratch or NoMemory if the machine lacks space or memory.
    """
    import duckdb  # here, because an unchanged export does not need it

    wide = max(0, columns - _WIDE)
    memory = _MEMORY + wide * 3 // 10
    try:
        with _database(folder, {"memory_limit": f"{memory}MB", "threads": "1" if wide else "2"}) as db:
            yield db
    except duckdb.OutOfMemoryException as error:
        if "max_temp_directory_size" in str(error):  # by default the free space, so that a full disk is no IOException
            raise NoScratch(f"{folder.parent} is full: {_first_line(error)}.") from error
        raise NoMemory(f"{memory} MB are not enough to read an export of {columns:,} columns.") from error
    except duckdb.IOException as error:
        what = "is full" if "No space left on device" in str(error) else "cannot be read or written"
        raise NoScratch(f"{folder.parent} {what}: {_first_line(error)}.") from error
    except duckdb.InvalidInputException as error:
        raise ExportRefused(f"it cannot be read as CSV ({_first_line(error)})") from error
    except RuntimeError as error:  # DuckDB wraps what a signal handler raises: a deadline, Ctrl-C, SIGTERM
        if "interrupt" in str(error).lower():
            raise KeyboardInterrupt from error
        raise
    finally:  # a refused export may be opened again
        rmtree(folder, ignore_errors=True)


@contextmanager
def _database(folder: Path, settings: Mapping[str, str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Lend a database, and keep it if nothing fails or is written to the folder, which it would go on to use."""
    import duckdb

    idle = _idle[os.getpid()]
    db = idle.pop() if idle else duckdb.connect(":memory:")
    try:
        for name, value in {**settings, "temp_directory": str(folder)}.items():
            db.execute(f"SET {name} = {literal(value)}")
        yield db
    except BaseException:
        db.close()
        raise
    if folder.exists():
        db.close()
        return
    for (table,) in db.execute("SELECT table_name FROM duckdb_tables()").fetchall():
        db.execute(f"DROP TABLE {table}")
    idle.append(db)


def can_read(db: duckdb.DuckDBPyConnection, sql: str) -> bool:
    """Run SQL that reads a file; return False if the file is not what the SQL says."""
    import duckdb

    try:
        db.execute(sql)
    except duckdb.InvalidInputException:
        return False
    return True


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".")
