"""A declaration as plain JSON, to be digested."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import partial
from textwrap import dedent
from typing import Any

# Where a dropped-in folder lies says nothing about what it declares: plugins/loading.py gives its module such a name.
_DROPPED_IN = re.compile(r"^fleetfeed_plugin_[0-9a-f]+\.")


def plain(value: Any) -> Any:
    """Turn a declaration into plain JSON."""
    if is_dataclass(value) and not isinstance(value, type):
        # What is not declared is left out: a setting that a later fleetfeed adds changes no feed.
        members = {item.name: getattr(value, item.name) for item in fields(value)}
        said = {item.name: plain(members[item.name]) for item in fields(value) if members[item.name] != _unsaid(item)}
        return {"kind": type(value).__name__, **said}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    return _callable(value) if callable(value) else value


def _callable(value: Any) -> Any:
    """Describe a callable by its qualified name, and by its own text where it has one: a fold may be edited."""
    import inspect  # here, because only a feed with folds needs it

    if isinstance(value, partial):
        return [_callable(value.func), plain(value.args), plain(value.keywords)]
    named = value if hasattr(value, "__qualname__") else type(value)
    name = f"{_DROPPED_IN.sub('', getattr(named, '__module__', ''))}.{named.__qualname__}"
    try:
        text = dedent(inspect.getsource(named))
    except (OSError, TypeError):  # it is written in C
        return name
    with suppress(SyntaxError):  # of a lambda there are whole lines, which are a part of something
        text = ast.unparse(ast.parse(text))  # without comments and layout
    return [name, text]


def _unsaid(item: Field[Any]) -> Any:
    return item.default if item.default_factory is MISSING else item.default_factory()
