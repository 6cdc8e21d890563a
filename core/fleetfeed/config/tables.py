"""The schema of fleetfeed.toml, table by table."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, SecretStr, model_validator

from fleetfeed.config.values import (
    Address,
    Archive,
    Count,
    DatabaseUrl,
    Duration,
    Flag,
    Folder,
    Hidden,
    Host,
    Kept,
    Name,
    Names,
    Port,
    Position,
    Rate,
    Ratio,
    Zone,
    Zoom,
)
from fleetfeed.states import TokenRole


class Table(BaseModel):
    """One table of fleetfeed.toml; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ProjectSettings(Table):
    """Settings shared by all feeds."""

    timezone: Zone
    plugins: Names = ["feeds", "geocoders", "positions"]


class DatabaseSettings(Table):
    """The database: a URL, a conninfo, "embedded", or None."""

    url: DatabaseUrl = None
    reader_roles: Names = []


class StoreSettings(Table):
    """How to reach the store; without keys, the AWS credential chain is used."""

    endpoint_url: Host = ""
    region: str = "us-east-1"
    addressing: Literal["path", "virtual"] = "path"
    access_key: SecretStr | None = None
    secret_key: SecretStr | None = None

    def revealed(self) -> dict[str, Any]:
        """Return all of them by name, with the secrets, as `open_bucket` takes them."""
        return {name: value.get_secret_value() if isinstance(value, SecretStr) else value for name, value in self}


class RetentionSettings(Table):
    """How long `fleetfeed prune` keeps history."""

    runs: Kept = "forever"
    rejects: Kept = "forever"
    changes: Kept = "forever"


class Freshness(Table):
    """How long a feed may be silent before it is stale."""

    checked_after: Duration = timedelta(minutes=60)
    source_after: Duration = timedelta(hours=26)


class FeedSettings(Table):
    """Where the exports of a feed are, and what is expected of them."""

    source: Folder
    archive: Archive = None
    archive_mode: Literal["move", "copy"] = "move"
    schedule: str | None = None
    geocoders: Names = ["gazetteer"]
    place_radius_km: Rate = 25.0
    exports: Literal["complete", "changes"] = "complete"
    load: Literal["newest", "each"] = "newest"
    max_reject_ratio: Ratio = 0.05
    max_absent_ratio: Ratio = 0.5
    plugins: Names = []
    sla: dict[str, Count] = {}
    freshness: Freshness = Freshness()

    @property
    def archive_url(self) -> str | None:
        """Folder for processed exports; None if they stay where they are."""
        return f"{self.source}processed/" if self.archive is None else self.archive or None

    @model_validator(mode="after")
    def _archive_differs(self) -> FeedSettings:
        if self.archive == self.source:
            raise ValueError("archive and source should be two folders")
        return self


class GeocoderSettings(Table):
    """Limits of one geocoding provider; empty values stand for the provider's defaults."""

    host: Host = ""
    countrycodes: str = ""
    file: str = ""
    per_second: Rate | None = None
    per_minute: Count | None = None
    per_day: Count | None = None
    per_run: Count | None = None
    cache: Duration | None = None
    api_key: SecretStr | None = None


class UnitsSettings(Table):
    """Where the positions of units come from; no provider: only from `PUT` by the API."""

    provider: str = ""
    every: Duration = timedelta(minutes=2)
    position_max_age: Duration = timedelta(minutes=15)


class PositionsSettings(Table):
    """What one provider of positions needs."""

    source: Folder = ""
    url: Host = ""
    token: SecretStr | None = None


class NotifySettings(Table):
    """Notifications: a webhook for state changes, and a ping after each successful run."""

    webhook: Address = None
    ping: Address = None


class MapSettings(Table):
    """What the page's map shows beside tickets; paths are relative to the project's folder."""

    center: Position = None
    zoom: Zoom = 11.0
    outline: str = ""
    overlays: Names = []
    pmtiles: str = ""


class TokenSettings(Table):
    """One token, and what its holder may do."""

    secret: SecretStr | None = None
    role: TokenRole = TokenRole.VIEWER


class ServeSettings(Table):
    """The web server: where it listens, who may read, and what the page shows."""

    host: str = "127.0.0.1"
    port: Port = 8765
    page: Flag = True
    auth: Literal["none", "token", "proxy"] = "none"
    dispatcher_url: DatabaseUrl = None
    tokens: dict[Name, TokenSettings] = {}
    allowed_hosts: Names = []
    trusted_proxies: Names = []
    allow_origins: Names = []
    embed_in: Names = []
    poll: Duration = timedelta(seconds=30)
    tick: Duration = timedelta(minutes=5)
    ticket_url: str = ""
    hide: Hidden = []
    map: MapSettings = MapSettings()
