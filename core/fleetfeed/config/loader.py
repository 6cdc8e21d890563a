"""Find the project and load its settings: flags override the environment, that fleetfeed.toml, that the defaults."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import SecretStr, ValidationError

from fleetfeed.config import trust
from fleetfeed.config.folders import place, unreadable
from fleetfeed.config.keys import KEYS, SECRETS, Key, dotted, explain, leaves
from fleetfeed.config.settings import Settings
from fleetfeed.config.tables import FeedSettings
from fleetfeed.config.toml import read
from fleetfeed.config.values import Given
from fleetfeed.config.variables import ALIASES, FOREIGN_SECRETS, LIBPQ, NOT_SETTINGS, PREFIX, URLS, variable
from fleetfeed.errors import ConfigError
from fleetfeed.text.redact import look_up, parts, passwords, remember
from fleetfeed.text.suggest import did_you_mean

FILE = "fleetfeed.toml"
_MOST = 50  # mistakes listed
_BUCKETS = (("feeds", "source"), ("feeds", "archive"), ("positions", "source"))


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from, with the name of the variable or file."""

    kind: Literal["flag", "environment", "file", "default"]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings with their file, the origin of each value, and warnings."""

    settings: Settings
    path: Path
    origin: dict[str, Origin]  # by dotted key
    warnings: list[str]

    def names(self, names: Iterable[str], *, every: bool = False) -> list[str]:
        """Return the names of the requested feeds; each must be in fleetfeed.toml. Raises ConfigError."""
        wanted = list(self.settings.feeds) if every else list(dict.fromkeys(names))
        if not wanted and every:
            raise ConfigError(
                f"{self.path} has no feeds, so that there is nothing to do.",
                next_step="Add a section [feeds.NAME], or name the right project: --project, FLEETFEED_PROJECT.",
            )
        for name in wanted:
            self.feed(name)
        return wanted

    def feed(self, name: str) -> FeedSettings:
        """Return the settings of a feed. Raises ConfigError for one that is not in fleetfeed.toml."""
        found = self.settings.feeds.get(name)
        if found is None:
            hint = did_you_mean(name, self.settings.feeds)
            known = ", ".join(self.settings.feeds) or "none"
            raise ConfigError(
                f"{self.path} has no [feeds.{name}]{hint} (it has: {known}).",
                next_step="Name a feed of the file, or add its section.",
            )
        return found


def find_project(given: Path | None) -> Path:
    """Find the folder with fleetfeed.toml: --project, FLEETFEED_PROJECT, or the nearest parent folder."""
    named = given or (Path(os.environ["FLEETFEED_PROJECT"]) if os.environ.get("FLEETFEED_PROJECT") else None)
    here = named.expanduser().absolute() if named else Path.cwd()
    if named and here.name == FILE:
        here = here.parent
    for folder in (here,) if named else (here, *here.parents):
        if (folder / FILE).is_file():
            return folder
    how = "" if not named else " (--project)" if given else " (FLEETFEED_PROJECT)"
    where = f"in {here}{how}" if named else f"in {here} or any folder above it"
    raise ConfigError(
        f"There is no {FILE} {where}.",
        next_step="Name the project with --project DIR or FLEETFEED_PROJECT, or write one: `fleetfeed init`.",
    )


def load_settings(
    project: Path, overrides: Mapping[str, Any] | None = None, env: Mapping[str, str] | None = None
) -> Loaded:
    """Load the settings of a project; `overrides` are flags by dotted key, None if not given.

    Remembers every secret for `redact`. Raises ConfigError with all mistakes, without their values.
    """
    env = os.environ if env is None else env
    path = project / FILE
    data = read(path)
    origin = {key: Origin("file", FILE) for key, _ in leaves(data)}
    _remember(data, env)
    problems = list(_take_out_secrets(data))
    warnings = list(_unknown_variables(data, env))
    _replace_buckets(data, env.get("RUSTFS_BUCKET"), origin)
    _add_environment(data, env, origin, problems)
    _add_flags(data, overrides or {}, origin)
    _remember(data, {})
    settings, wrong = _validated(data, origin)
    problems += wrong
    if settings is None or problems:
        text = "".join(f"\n  {problem}" for problem in sorted(problems))
        raise ConfigError(
            f"{path} and the environment cannot be used:{text}\n", next_step="Correct this and try again."
        )
    warnings += filter(None, (unreadable(project, folder) for folder in settings.project.plugins))
    origins = {dotted(key): origin.get(key, Origin("default")) for key, _ in leaves(settings)}
    return Loaded(settings, path, origins, warnings)


def load_project(path: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Loaded:
    """Find the project and load its settings, unless others may change its files. Raises ConfigError."""
    named = bool(path or os.environ.get("FLEETFEED_PROJECT"))
    project = find_project(path)
    trust.check((project, project / FILE), named=named)
    loaded = load_settings(project, overrides)
    for folder in (project / "migrations", *(place(project, name) for name in loaded.settings.project.plugins)):
        trust.check(trust.code_in(folder), named=named)
    return loaded


def database_url(settings: Settings, env: Mapping[str, str]) -> str:
    """Return the database's URL or conninfo, "embedded", or "" if libpq's own variables name it. Raises ConfigError."""
    if settings.database.url is not None:
        return settings.database.url.get_secret_value()
    if any(env.get(name) for name in LIBPQ):
        return ""
    raise ConfigError(
        "No database is named.",
        next_step=f'Set DATABASE_URL, or url = "embedded" in [database] of {FILE}.',
    )


def _expand(pattern: Key, data: Any, key: Key = ()) -> Iterator[Key]:
    """Yield the keys in `data` that match a pattern; "*" matches any name."""
    if not pattern:
        yield key
        return
    table = data if isinstance(data, dict) else {}
    for name in list(table) if pattern[0] == "*" else pattern[:1]:
        yield from _expand(pattern[1:], table.get(name), (*key, name))


def _put(data: dict[str, Any], key: Key, value: Any) -> None:
    for part in key[:-1]:
        data = data.setdefault(part, {})
        if not isinstance(data, dict):
            return  # a value in place of a table: validation reports it
    data[key[-1]] = value


def _secrets(data: dict[str, Any]) -> Iterator[tuple[Key, str]]:
    keys = {key for pattern in SECRETS for key in _expand(pattern, data)}
    for key, value in list(leaves(data)):
        if key in keys and value is not None:
            yield key, value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def _remember(data: dict[str, Any], env: Mapping[str, str]) -> None:
    for key, value in _secrets(data):
        for secret in passwords(value) if key in URLS else parts(value):
            remember(secret)
    for name in FOREIGN_SECRETS:
        remember(env.get(name, ""))


def _take_out_secrets(data: dict[str, Any]) -> Iterator[str]:
    """Remove secrets from the file's data, and report which variables to use instead."""
    for key, value in _secrets(data):
        if key not in URLS or any(passwords(value)):
            _put(data, key, None)
            names = " or ".join((*ALIASES.get(key, ()), variable(key)))
            what = "a password" if key in URLS else "a secret"
            yield f"{FILE}: {dotted(key)}: {what} does not belong into the file; set {names} instead"


def _replace_buckets(data: dict[str, Any], bucket: str | None, origin: dict[Key, Origin]) -> None:
    for key, value in list(leaves(data)) if bucket else ():
        if (key[0], *key[2:]) in _BUCKETS and isinstance(value, str):
            # A URL with credentials does not match, and is refused later.
            replaced, count = re.subn(r"^s3://[\w.-]+(?=/|$)", lambda _: f"s3://{bucket}", value)
            if count:
                _put(data, key, replaced)
                origin[key] = Origin("environment", "RUSTFS_BUCKET")


def _add_environment(
    data: dict[str, Any], env: Mapping[str, str], origin: dict[Key, Origin], problems: list[str]
) -> None:
    for pattern in KEYS:
        for key in list(_expand(pattern, data)):
            try:
                found = _first((variable(key), *ALIASES.get(key, ())), env, secret=pattern in SECRETS)
            except ValueError as exc:
                problems.append(str(exc))
                continue
            if found:
                _put(data, key, Given(found[1]))
                origin[key] = Origin("environment", found[0])


def _first(names: tuple[str, ...], env: Mapping[str, str], *, secret: bool) -> tuple[str, str] | None:
    for name in names:
        # Ignore empty variables: compose files pass on variables that are not set.
        found = look_up(name, env) if secret else (name, env[name]) if env.get(name) else None
        if found:
            return found
    return None


def _add_flags(data: dict[str, Any], overrides: Mapping[str, Any], origin: dict[Key, Origin]) -> None:
    for name, value in overrides.items():
        if value is not None:
            key = tuple(name.split("."))
            _put(data, key, Given(value) if isinstance(value, str) else value)
            origin[key] = Origin("flag")


def _unknown_variables(data: dict[str, Any], env: Mapping[str, str]) -> Iterator[str]:
    known = {variable(key) for pattern in KEYS for key in _expand(pattern, data)} | set(NOT_SETTINGS)
    known |= {f"{variable(key)}_FILE" for pattern in SECRETS for key in _expand(pattern, data)}
    for name in sorted(env):
        if name.startswith(PREFIX) and name not in known:
            table = tuple(name.removeprefix(PREFIX).lower().split("__")[:2])
            named = table[0] in ("feeds", "geocoders", "positions") and table not in _expand((table[0], "*"), data)
            without = f" ({FILE} has no [{dotted(table)}])" if named else ""
            yield f"{name} is not a setting, and was ignored{without}{did_you_mean(name, sorted(known), 0.8)}"


def _validated(data: dict[str, Any], origin: dict[Key, Origin]) -> tuple[Settings | None, list[str]]:
    try:
        return Settings.model_validate(data), []
    except ValidationError as exc:
        # Keep nothing else of the error: it contains the values.
        errors = exc.errors(include_url=False, include_context=False, include_input=False)
    found = [(origin.get(key, Origin("file", FILE)), key, what) for key, what in map(explain, errors[:_MOST])]
    more = [f"… and {len(errors) - _MOST:,} more"] if len(errors) > _MOST else []
    return None, [*(f"{source.name or source.kind}: {dotted(key)}: {what}" for source, key, what in found), *more]
