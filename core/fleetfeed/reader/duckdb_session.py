"""DuckDB in a scratch file; what it raises is translated here, and only here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fleetfeed.errors import ExportRefused, NoMemory, NoScratch

if TYPE_CHECKING:
    import duckdb

_MEMORY = 160  # MB
_WIDE = 400  # columns: for more DuckDB needs memory by the column, 2,048 cells of each and of several at a time


@contextmanager
def scratch_database(path: Path, columns: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB that reads files of so many columns; its file is removed at the end.

    Raises ExportRefused for what it cannot read as CSV, NoScratch and NoMemory for what the machine lacks.
    """
    import duckdb  # here, because an unchanged export never needs it

    wide = max(0, columns - _WIDE)
    memory = _MEMORY + wide * 3 // 10
    try:
        with duckdb.connect(str(path), config={"memory_limit": f"{memory}MB", "threads": 1 if wide else 2}) as db:
            yield db
    except duckdb.OutOfMemoryException as error:
        raise NoMemory(f"{memory} MB are not enough to read an export of {columns:,} columns.") from error
    except duckdb.IOException as error:
        what = "is full" if "No space left on device" in str(error) else "cannot be read or written"
        raise NoScratch(f"{path.parent} {what}: {_first_line(error)}.") from error
    except duckdb.InvalidInputException as error:
        raise ExportRefused(f"it cannot be read as CSV ({_first_line(error)})") from error
    except RuntimeError as error:  # DuckDB makes one of whatever a signal handler raises: a deadline, Ctrl-C, SIGTERM
        if "interrupt" in str(error).lower():
            raise KeyboardInterrupt from error
        raise
    finally:  # a refused export may be opened again
        path.unlink(missing_ok=True)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".")
