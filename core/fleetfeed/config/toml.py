"""Parse fleetfeed.toml with bounds on size and depth, as extreme input could take the parser minutes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from fleetfeed.errors import ConfigError

_LARGEST, _DEEPEST = 1024 * 1024, 32
# The parser of Python takes quadratic time for a dotted key with many parts.
_LONG_KEY = re.compile(rf"""(?<![\w-])(?>(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){{{_DEEPEST}}}""")


class _TooMuch(Exception):
    """The text exceeds the bounds of this module."""


def read(path: Path) -> dict[str, Any]:
    """Read fleetfeed.toml. Raises ConfigError if it cannot be read or parsed, or is too large."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as exc:
        raise ConfigError(f"{path} cannot be read: {exc.strerror}.") from None
    try:
        data = _parsed(content)
    except _TooMuch as exc:
        wrong = f"{path}: {exc}."
    except UnicodeDecodeError as exc:
        line = content[: exc.start].count(b"\n") + 1
        wrong = f"{path}, line {line}: not UTF-8 text."
    except tomllib.TOMLDecodeError as exc:
        wrong = f"{path}: {exc}."
    else:
        data.setdefault("project", {})  # so that project.timezone is reported as missing
        return data
    raise ConfigError(wrong, next_step="Correct the file and try again.")


def _parsed(content: bytes) -> dict[str, Any]:
    if len(content) > _LARGEST:
        raise _TooMuch(f"it is larger than {_LARGEST:,} bytes")
    text = content.decode("utf-8-sig").replace("\r\n", "\n")
    too_deep = _TooMuch(f"it has a key, or a list, of more than {_DEEPEST} levels")
    if _LONG_KEY.search(text):
        raise too_deep
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise too_deep from None
    level: list[Any] = [data]
    for _ in range(_DEEPEST):
        inner = (each.values() if isinstance(each, dict) else each for each in level)
        level = [item for each in inner for item in each if isinstance(item, (dict, list))]
    if level:
        raise too_deep
    return data
