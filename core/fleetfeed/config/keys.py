"""All keys of fleetfeed.toml, and messages about wrong ones.

No message of this module contains a value: any value may be a secret in the wrong place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, get_args, get_origin

from pydantic import BaseModel, SecretStr

from fleetfeed.config.settings import Settings
from fleetfeed.text.suggest import did_you_mean

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Key = tuple[str, ...]  # ("store", "region")


def leaves(value: Any, path: Key = ()) -> Iterator[tuple[Key, Any]]:
    """Yield all values of a table, of settings as well as of a parsed file."""
    if isinstance(value, BaseModel):
        value = {name: getattr(value, name) for name in type(value).model_fields}
    if not isinstance(value, dict):
        yield path, value
        return
    for name, inner in value.items():
        yield from leaves(inner, (*path, name))


def _kinds(kind: Any, path: Key = ()) -> Iterator[tuple[Key, Any]]:
    if get_origin(kind) is dict:
        yield from _kinds(get_args(kind)[1], (*path, "*"))
    elif isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, field in kind.model_fields.items():
            yield from _kinds(field.annotation, (*path, name))
    else:
        yield path, kind


KEYS = dict(_kinds(Settings))  # every key; "*" stands for a name chosen by the user
SECRETS = frozenset(path for path, kind in KEYS.items() if SecretStr in get_args(kind))


def dotted(key: Key) -> str:
    """Format a key as in TOML."""
    return ".".join(part if re.fullmatch(r"[\w-]+", part) else json.dumps(part) for part in key)


def explain(error: ErrorDetails) -> tuple[Key, str]:
    """Return the key of an error, and what is wrong with it."""
    key = tuple(part for part in error["loc"] if isinstance(part, str) and part != "[key]")
    if error["type"] == "extra_forbidden":
        near = [
            known for known in KEYS if all(ours in ("*", part) for ours, part in zip(known, key[:-1], strict=False))
        ]
        return key, "unknown key" + did_you_mean(key[-1], {known[len(key) - 1] for known in near})
    words = {
        "missing": "is missing",
        "model_type": "should be a table",
        "dict_type": "should be a table",
        "string_pattern_mismatch": "should be a name in lower-case letters, such as inc",
    }
    return key, words.get(error["type"]) or plain(error["msg"])


def plain(message: str) -> str:
    """Return a message of pydantic without the words that only a programmer needs."""
    return message.removeprefix("Value error, ").replace("Input should", "should")
