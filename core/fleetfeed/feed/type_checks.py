"""Check the types of a declaration's parts; all other checks rely on them."""

from __future__ import annotations

import reprlib
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

_NAMES = {str: "a text", int: "a whole number", float: "a number", types.NoneType: "None", Callable: "a function"}


class Wrong(NamedTuple):
    """One part of a wrong type."""

    name: str
    what: str
    hint: str = ""


def wrong_kinds(declared: Any, where: str = "") -> Iterator[Wrong]:
    """Yield each part of a declaration that has a wrong type, at any depth."""
    of: Any = type(declared)
    for name, kind in _hints(of).items():
        yield from _wrong(getattr(declared, name), kind, f"{where}{name}")


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {item.name: hints[item.name] for item in fields(kind)}


def _wrong(value: object, kind: Any, where: str) -> Iterator[Wrong]:
    if not _fits(value, kind):
        hint = ""
        if get_origin(kind) is tuple:
            listed = isinstance(value, list)
            hint = "write ( ) instead of [ ]" if listed else f"one alone is written ({reprlib.repr(value)},)"
        yield Wrong(where, f"{where} is {reprlib.repr(value)}, and not {_type_name(kind)}", hint)
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            yield from _wrong(item, get_args(kind)[0], f"{where}[{number}]")
    elif isinstance(value, Mapping):
        for pair in value.items():
            if not all(isinstance(part, str) for part in pair):
                yield Wrong(where, f"{where} has {reprlib.repr(pair)}, which are not two texts")
    elif is_dataclass(value):
        yield from wrong_kinds(value, f"{where}.")


def _fits(value: object, kind: Any) -> bool:
    """Whether a value has a type, without its contents."""
    if isinstance(kind, types.UnionType):
        return any(_fits(value, one) for one in get_args(kind))
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, int | float if kind is float else get_origin(kind) or kind)


def _type_name(kind: Any) -> str:
    if isinstance(kind, types.UnionType):
        return " or ".join(map(_type_name, get_args(kind)))
    outer = get_origin(kind) or kind
    if outer is tuple:
        (part, _) = get_args(kind)
        return f"a tuple of {'texts' if part is str else f'{part.__name__}s'}"
    return "a dict" if outer is Mapping else _NAMES.get(outer, f"a {outer.__name__}")
