"""Types of settings, with their validation.

No message of this module contains a value: any value may be a secret in the wrong place.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from fleetfeed.geo import PRECISIONS

UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}
_WORDS = {"d": "days", "h": "h", "m": "min", "s": "s"}


def unit_of(duration: timedelta) -> tuple[timedelta, str]:
    """Return the largest unit in which a duration is a whole number greater than one."""
    whole = (name for name, unit in UNITS.items() if not duration % unit and duration > unit)
    name = next(whole, "s")
    return UNITS[name], _WORDS[name]


class Given(str):
    """Text from the environment, in which numbers and lists are written as text."""

    __slots__ = ()


def _read(value: Any) -> Any:
    if not isinstance(value, Given):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
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


def _kept(value: Any) -> Any:
    if value == "forever":
        return value
    try:
        return _duration(value)
    except ValueError:
        raise ValueError('should be "forever" or a duration such as "400d"') from None


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("should be a time zone such as Europe/Vienna") from None
    return value


def _folder(value: str) -> str:
    scheme, _, rest = value.partition("://")
    authority, slash, _ = rest.partition("/")
    if "@" in authority or ":" in authority:
        raise ValueError("should hold no credentials: set RUSTFS_ACCESS_KEY and RUSTFS_SECRET_KEY instead")
    bucket = scheme == "s3" and re.fullmatch(r"[\w.-]+", authority)
    if not bucket and not (scheme == "file" and slash and not authority):
        raise ValueError("should be s3://BUCKET/FOLDER/ or file:///FOLDER/")
    # Without the slash, a listing of inc would include the files of inc_old.
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


def _scheduler(value: str) -> str:
    found = re.fullmatch(r"(?:tcp|tls)://(?:\[[0-9a-f:]+\]|[\w.-]+):([0-9]{1,5})", value)
    if value and not (found and int(found[1]) <= 65535):
        raise ValueError("should be tls://HOST:PORT or tcp://HOST:PORT")
    return value


def _address(value: Any) -> Any:
    """Check that a web address can be called. It is a secret, as it contains a token."""
    if value is None:
        return value
    try:
        whole = isinstance(value, str) and re.fullmatch(r"https?://[^\s/?#]+([/?][^\s#]*)?", value)
        if whole and urlsplit(value).hostname and urlsplit(value).port != 0:
            return value
    except ValueError:
        pass
    raise ValueError("should be an address such as https://HOST/TOKEN")


def _database(value: Any) -> Any:
    if not isinstance(value, str) or value == "embedded":
        return value
    url = re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", value)
    if not url.startswith("postgresql://") and not re.match(r"\w+\s*=", url):
        raise ValueError('should be postgresql://USER@HOST/NAME, or "embedded"')
    if "://" in url and (_torn(url) or "\ufffd" in unquote(url)):
        raise ValueError("should be percent-encoded in user and password, as UTF-8: @ is %40, / is %2F")
    return url


def _torn(url: str) -> bool:
    """Whether libpq would end the password too early, and report the rest of it as host."""
    authority, _, rest = url.partition("://")[2].partition("/")
    _, at, after = authority.partition("@")
    hosts, options, _ = (after if at else authority).partition("?")
    if "@" in hosts or (not options and "@" in rest.partition("?")[0]):
        return True
    ports = [host.rpartition("]")[2].partition(":")[2] for host in hosts.split(",")]
    return not at and "@" in rest and any(port and not port.isdigit() for port in ports)


def _precision(value: str) -> str:
    """Check how exact a ticket's place may be: as a geocoder says it, the middle of an area, or not known."""
    known = (*PRECISIONS, "cluster", "unknown")
    if value not in known:
        raise ValueError(f"should be one of {', '.join(known)}")
    return value


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
Names = Annotated[list[str], BeforeValidator(_names)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Hidden = Annotated[
    list[Literal["owner", "assigned_team", "location_name", "region", "bucket", "raw_status"]], BeforeValidator(_names)
]
Precision = Annotated[str, AfterValidator(_precision)]
Precisions = Annotated[list[Precision], BeforeValidator(_names)]
Count = Annotated[int, Field(strict=True, gt=0), BeforeValidator(_read)]
Flag = Annotated[bool, Field(strict=True), BeforeValidator(_read)]
Rate = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False), BeforeValidator(_read)]
Minutes = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False), BeforeValidator(_read)]
Ratio = Annotated[float, Field(strict=True, ge=0, le=1), BeforeValidator(_read)]
Port = Annotated[int, Field(strict=True, ge=0, le=65535), BeforeValidator(_read)]
Zoom = Annotated[float, Field(strict=True, ge=0, le=22), BeforeValidator(_read)]
Position = Annotated[tuple[Latitude, Longitude] | None, BeforeValidator(_read)]  # latitude, longitude
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Kept = Annotated[timedelta | Literal["forever"], BeforeValidator(_kept)]
Folder = Annotated[str, AfterValidator(_folder)]
Host = Annotated[str, AfterValidator(_host)]
Zone = Annotated[str, AfterValidator(_zone)]
Scheduler = Annotated[str, AfterValidator(_scheduler)]
Archive = Annotated[str | Literal[False] | None, BeforeValidator(_archive)]
DatabaseUrl = Annotated[SecretStr | None, BeforeValidator(_database)]
Address = Annotated[SecretStr | None, BeforeValidator(_address)]
