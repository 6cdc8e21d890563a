"""Call the functions of a declaration, so that an error names column, cell and line."""

from __future__ import annotations

import inspect
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetfeed.errors import PluginFault
from fleetfeed.feed.columns import Column, NoText, is_text
from fleetfeed.model import RowRejected
from fleetfeed.text.parse import clean

if TYPE_CHECKING:
    from fleetfeed.feed.fields import Fields
    from fleetfeed.feed.parts import Drop

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 80
_LONGEST = 200  # characters of an error's text


class FoldFailed(RowRejected):
    """A column's fold failed on a cell. Its record is rejected, as the unfolded cell would mean something else."""

    def __init__(self, column: str, what: str, cell: str, why: str, place: str) -> None:
        detail = f"on {_SHORT.repr(cell)}: {why}" if why else f"on {_SHORT.repr(cell)}"
        super().__init__(f"fold of {column} {what}", f"{detail} ({place})" if place else detail)


@dataclass(frozen=True, slots=True)
class Spelling:
    """Function that normalises the cells of one column; "" means null."""

    column: Column
    function: Callable[[str], str]

    def __call__(self, cell: str) -> str:
        """Normalise one cell. Raises FoldFailed if the column's code fails, and RowRejected if that raises it."""
        try:
            text = is_text(self.function(cell))
        except RowRejected:
            raise
        except NoText as error:
            raise FoldFailed(self.column.name, "gave no text", cell, str(error), _begin(self._code)) from error
        except BaseException as error:
            what, place = _described(error, self._code)
            raise FoldFailed(self.column.name, f"raised {type(error).__name__}", cell, what, place) from error
        return clean(text) or ""

    @property
    def _code(self) -> Any:
        return _code_of(self.column.fold or self.function)


def spelling_of(column: Column) -> Spelling | None:
    """Return the function that normalises a column's cells; None if they stay as they are."""
    function = column.spelling
    return Spelling(column, function) if function else None


def is_dropped(feed: Fields, drop: Drop, values: Mapping[str, str | None]) -> bool:
    """Return whether a drop matches a record. Raises PluginFault if its own code fails."""
    try:
        return bool(drop.matches(values))
    except BaseException as error:
        why, place = _described(error, _code_of(drop.matches))
        ticket, cell = (_SHORT.repr(values.get(name)) for name in (feed.key, drop.column))
        raise PluginFault(
            f"Plugin {feed.name}: the drop {drop.reason!r} raised {type(error).__name__} ({why}) on ticket {ticket}, "
            f"where {drop.column} is {cell}{f' ({place})' if place else ''}."
        ) from error


def _described(error: BaseException, code: Any) -> tuple[str, str]:
    """Return an error's text and its line in the plugin; re-raise signals and deadlines."""
    from fleetfeed.feed import tracebacks  # here, because folds rarely fail

    if tracebacks.from_outside(error):
        raise error
    why = tracebacks.reason(error).removeprefix(f"{type(error).__name__}: ")[:_LONGEST]
    home = Path(code.co_filename).parent if code else None
    file, line = tracebacks.spot(error, home)
    return why, f"{file}, line {line}" if line else _begin(code)


def _begin(code: Any) -> str:
    return f"{code.co_filename}, line {code.co_firstlineno}" if code else ""


def _code_of(function: Any) -> Any:
    """Return the code object of a callable; None if it is written in C."""
    while isinstance(function, partial):
        function = function.func
    function = inspect.unwrap(function)
    called = function if hasattr(function, "__code__") else type(function).__call__
    return getattr(called, "__code__", None)
