"""Calls the functions that a declaration holds, so that one that fails names column, cell and line."""

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
_LONGEST = 200  # characters of what an error says


class FoldFailed(RowRejected):
    """Say that a column's fold made no text of a cell: unfolded, the cell would mean something else."""

    def __init__(self, column: str, what: str, cell: str, why: str, place: str) -> None:
        told = f"on {_SHORT.repr(cell)}: {why}" if why else f"on {_SHORT.repr(cell)}"
        super().__init__(f"fold of {column} {what}", f"{told} ({place})" if place else told)


@dataclass(frozen=True, slots=True)
class Spelling:
    """Spell the cells of one column anew; "" means nothing."""

    column: Column
    function: Callable[[str], str]

    def __call__(self, cell: str) -> str:
        """Spell one cell. Raises FoldFailed where the column's code does not, and RowRejected where that does."""
        try:
            text = is_text(self.function(cell))
        except RowRejected:
            raise
        except NoText as error:
            raise FoldFailed(self.column.name, "gave no text", cell, str(error), _begin(self._code)) from error
        except BaseException as error:
            what, place = _told(error, self._code)
            raise FoldFailed(self.column.name, f"raised {type(error).__name__}", cell, what, place) from error
        return clean(text) or ""

    @property
    def _code(self) -> Any:
        return _code_of(self.column.fold or self.function)


def spelling_of(column: Column) -> Spelling | None:
    """Give what spells the cells of a column anew; None where they stay as they came."""
    function = column.spelling
    return Spelling(column, function) if function else None


def is_dropped(feed: Fields, drop: Drop, values: Mapping[str, str | None]) -> bool:
    """Tell whether a drop takes a record. Raises PluginFault where its own code fails."""
    try:
        return bool(drop.matches(values))
    except BaseException as error:
        why, place = _told(error, _code_of(drop.matches))
        ticket, cell = (_SHORT.repr(values.get(name)) for name in (feed.key, drop.column))
        raise PluginFault(
            f"Plugin {feed.name}: the drop {drop.reason!r} raised {type(error).__name__} ({why}) on ticket {ticket}, "
            f"where {drop.column} is {cell}{f' ({place})' if place else ''}."
        ) from error


def _told(error: BaseException, code: Any) -> tuple[str, str]:
    """Say why a declaration's code failed, and in which line; a signal or a deadline goes on."""
    from fleetfeed.feed import tracebacks  # here, because few folds fail

    if tracebacks.from_outside(error):
        raise error
    why = tracebacks.reason(error).removeprefix(f"{type(error).__name__}: ")[:_LONGEST]
    home = Path(code.co_filename).parent if code else None
    file, line = tracebacks.spot(error, home)
    return why, f"{file}, line {line}" if line else _begin(code)


def _begin(code: Any) -> str:
    return f"{code.co_filename}, line {code.co_firstlineno}" if code else ""


def _code_of(function: Any) -> Any:
    """Find the code of a callable; None for one that is written in C."""
    while isinstance(function, partial):
        function = function.func
    function = inspect.unwrap(function)
    called = function if hasattr(function, "__code__") else type(function).__call__
    return getattr(called, "__code__", None)
