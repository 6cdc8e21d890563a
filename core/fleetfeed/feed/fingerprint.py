"""Convert a declaration to plain JSON, for its digest."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import partial
from textwrap import dedent
from typing import Any

# The path of a dropped-in plugin is not part of its declaration; plugins/loading.py names its module like this.
_DROPPED_IN = re.compile(r"^fleetfeed_plugin_[0-9a-f]+\.")


def plain(value: Any) -> Any:
    """Convert a declaration to plain JSON."""
    if is_dataclass(value) and not isinstance(value, type):
        # Leave out defaults, so that a new setting in a later version changes no feed's digest.
        members = {item.name: getattr(value, item.name) for item in fields(value)}
        declared = {
            item.name: plain(members[item.name]) for item in fields(value) if members[item.name] != _default(item)
        }
        return {"kind": type(value).__name__, **declared}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    return _callable(value) if callable(value) else value


def _callable(value: Any) -> Any:
    """Describe a callable by its qualified name and, if there is one, its source: a fold may be edited."""
    import inspect  # here, because only feeds with folds need it

    if isinstance(value, partial):
        return [_callable(value.func), plain(value.args), plain(value.keywords)]
    named = value if hasattr(value, "__qualname__") else type(value)
    name = f"{_DROPPED_IN.sub('', getattr(named, '__module__', ''))}.{named.__qualname__}"
    try:
        text = dedent(inspect.getsource(named))
    except (OSError, TypeError):  # written in C
        return name
    with suppress(SyntaxError):  # the source lines of a lambda may be part of a statement
        text = ast.unparse(ast.parse(text))  # without comments and layout
    return [name, text]


def _default(item: Field[Any]) -> Any:
    return item.default if item.default_factory is MISSING else item.default_factory()
