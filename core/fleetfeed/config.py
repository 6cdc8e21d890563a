"""What fleetfeed.toml may say, and what each setting has to look like.

No message of this module repeats a value: any of them may hold a secret that was put in the wrong place.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Key = tuple[str, ...]  # ("store", "region")

UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}


class Given(str):
    """Mark text of the environment, where a number or a list can be written as text only."""

    __slots__ = ()


def _read(value: Any) -> Any:
    if not isinstance(value, Given):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _names(value: Any) -> Any:
    if not isinstance(value, Given):
        return value
    read = _read(value)
    return read if isinstance(read, list) else [name.strip() for name in value.split(",") if name.strip()]


def _duration(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    found = re.fullmatch(r"([0-9]{1,6})([smhd])", value) if isinstance(value, str) else None
    if found is None or not int(found[1]):
        raise ValueError('should be a duration such as "90s", "60m", "26h" or "2d"')
    return int(found[1]) * UNITS[found[2]]


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("should be a time zone such as Africa/Nairobi") from None
    return value


def _folder(value: str) -> str:
    scheme, _, rest = value.partition("://")
    authority, slash, _ = rest.partition("/")
    if "@" in authority or ":" in authority:
        raise ValueError("should hold no credentials: set RUSTFS_ACCESS_KEY and RUSTFS_SECRET_KEY instead")
    bucket = scheme == "s3" and re.fullmatch(r"[\w.-]+", authority)
    if not bucket and not (scheme == "file" and slash and not authority):
        raise ValueError("should be s3://BUCKET/FOLDER/ or file:///FOLDER/")
    # Without the slash a listing of inc would hold the files of inc_old too.
    return value if value.endswith("/") else f"{value}/"


def _archive(value: Any) -> Any:
    value = _read(value)
    if value is None or value is False:
        return value
    if not isinstance(value, str):
        raise ValueError("should be s3://BUCKET/FOLDER/, file:///FOLDER/ or false")
    return _folder(value)


def _host(value: str) -> str:
    if "@" in value or "?" in value:
        raise ValueError("should hold no credentials: they have variables of their own")
    if value and not re.fullmatch(r"https?://[^\s/#]+(/[^\s#]*)?", value):
        raise ValueError("should begin with https:// or http://")
    return value


def _database(value: Any) -> Any:
    if not isinstance(value, str) or value == "embedded":
        return value
    url = re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", value)
    if not url.startswith("postgresql://") and not re.match(r"\w+\s*=", url):
        raise ValueError('should be postgresql://USER@HOST/NAME, or "embedded"')
    return url


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
Names = Annotated[list[str], BeforeValidator(_names)]
Count = Annotated[int, Field(strict=True, gt=0), BeforeValidator(_read)]
Rate = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False), BeforeValidator(_read)]
Ratio = Annotated[float, Field(strict=True, ge=0, le=1), BeforeValidator(_read)]
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Folder = Annotated[str, AfterValidator(_folder)]
Host = Annotated[str, AfterValidator(_host)]


class Table(BaseModel):
    """Hold one table of fleetfeed.toml; a key that it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ProjectSettings(Table):
    """Say what all feeds share."""

    timezone: Annotated[str, AfterValidator(_zone)]
    plugins: Names = ["feeds", "geocoders"]


class DatabaseSettings(Table):
    """Name the database: a URL, a conninfo, "embedded", or None."""

    url: Annotated[SecretStr | None, BeforeValidator(_database)] = None
    reader_roles: Names = []


class StoreSettings(Table):
    """Say how to reach the store; without keys the credentials are those of the AWS chain."""

    endpoint_url: Host = ""
    region: str = "us-east-1"
    addressing: Literal["path", "virtual"] = "path"
    access_key: SecretStr | None = None
    secret_key: SecretStr | None = None


class Freshness(Table):
    """Say after which silence a feed is stale."""

    checked_after: Duration = timedelta(minutes=60)
    source_after: Duration = timedelta(hours=26)


class FeedSettings(Table):
    """Say where the exports of a feed lie, and what is expected of them."""

    source: Folder
    archive: Annotated[str | Literal[False] | None, BeforeValidator(_archive)] = None
    schedule: str | None = None
    geocoders: Names = ["gazetteer"]
    place_radius_km: Rate = 25.0
    max_reject_ratio: Ratio = 0.05
    plugins: Names = []
    sla: dict[str, Count] = {}
    freshness: Freshness = Freshness()

    @property
    def archive_url(self) -> str | None:
        """Tell where processed exports go; None: they stay where they are."""
        return f"{self.source}processed/" if self.archive is None else self.archive or None

    @model_validator(mode="after")
    def _apart(self) -> FeedSettings:
        if self.archive == self.source:
            raise ValueError("archive and source should be two folders")
        return self


class GeocoderSettings(Table):
    """Say how one provider may be asked; what is empty is the provider's own default."""

    host: Host = ""
    countrycodes: str = ""
    file: str = ""
    per_second: Rate | None = None
    per_minute: Count | None = None
    per_day: Count | None = None
    per_run: Count | None = None
    cache: Duration | None = None
    api_key: SecretStr | None = None


class Settings(Table):
    """Hold all of fleetfeed.toml."""

    project: ProjectSettings
    database: DatabaseSettings = DatabaseSettings()
    store: StoreSettings = StoreSettings()
    feeds: dict[Name, FeedSettings] = {}
    geocoders: dict[Name, GeocoderSettings] = {}


def leaves(value: Any, path: Key = ()) -> Iterator[tuple[Key, Any]]:
    """Walk through all values of a table, of settings as well as of a parsed file."""
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


KEYS = dict(_kinds(Settings))  # every key that there is; "*" stands for a name of the user's own
SECRETS = frozenset(path for path, kind in KEYS.items() if SecretStr in get_args(kind))


def dotted(key: Key) -> str:
    """Write a key as TOML does."""
    return ".".join(part if re.fullmatch(r"[\w-]+", part) else json.dumps(part) for part in key)


def did_you_mean(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Suggest the nearest of the known names, if one is near."""
    close = difflib.get_close_matches(name, list(known), 1, cutoff)
    return f"; did you mean `{close[0]}`?" if close else ""


def explain(error: ErrorDetails) -> tuple[Key, str]:
    """Name the key that is wrong, and say what is wrong with it."""
    key = tuple(part for part in error["loc"] if isinstance(part, str) and part != "[key]")
    if error["type"] == "extra_forbidden":
        near = [
            known for known in KEYS if all(ours in ("*", part) for ours, part in zip(known, key[:-1], strict=False))
        ]
        return key, "unknown key" + did_you_mean(key[-1].lower(), {known[len(key) - 1] for known in near})
    words = {
        "missing": "is missing",
        "model_type": "should be a table",
        "dict_type": "should be a table",
        "string_pattern_mismatch": "should be a name in small letters, such as inc",
    }
    said = error["msg"].removeprefix("Value error, ").replace("Input should", "should")
    return key, words.get(error["type"], said)
