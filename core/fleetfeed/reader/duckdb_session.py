"""Open DuckDB with a scratch folder, and translate its errors. No other module does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING

from fleetfeed.errors import ExportRefused, NoMemory, NoScratch

if TYPE_CHECKING:
    import duckdb

_MEMORY = 160  # MB
_WIDE = 400  # columns; beyond that, DuckDB needs memory per column, for 2,048 cells of each and more at a time


@contextmanager
def scratch_database(folder: Path, columns: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB in memory for files with so many columns; what does not fit goes to a folder, removed at the end.

    Raises ExportRefused for what is not CSV, and NoScratch or NoMemory if the machine lacks space or memory.
    """
    import duckdb  # here, because an unchanged export does not need it

    wide = max(0, columns - _WIDE)
    memory = _MEMORY + wide * 3 // 10
    config: dict[str, str | bool | int | float | list[str]]
    config = {"memory_limit": f"{memory}MB", "threads": 1 if wide else 2, "temp_directory": str(folder)}
    try:
        with duckdb.connect(":memory:", config=config) as db:
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
