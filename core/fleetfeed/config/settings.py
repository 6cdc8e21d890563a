"""All of fleetfeed.toml."""

from __future__ import annotations

from itertools import permutations
from posixpath import normpath

from pydantic import Field, field_validator

from fleetfeed.config.dispatch import BurstSettings, DispatchSettings
from fleetfeed.config.executor import ExecutorSettings
from fleetfeed.config.tables import (
    DatabaseSettings,
    FeedSettings,
    GeocoderSettings,
    NotifySettings,
    PositionsSettings,
    ProjectSettings,
    RetentionSettings,
    ServeSettings,
    StoreSettings,
    Table,
    UnitsSettings,
)
from fleetfeed.config.teams import TeamSettings
from fleetfeed.config.values import Name


class Settings(Table):
    """All of fleetfeed.toml."""

    project: ProjectSettings
    database: DatabaseSettings = DatabaseSettings()
    store: StoreSettings = StoreSettings()
    retention: RetentionSettings = RetentionSettings()
    feeds: dict[Name, FeedSettings] = Field(default={})
    geocoders: dict[Name, GeocoderSettings] = Field(default={})
    units: UnitsSettings = UnitsSettings()
    positions: dict[Name, PositionsSettings] = Field(default={})
    notify: NotifySettings = NotifySettings()
    teams: TeamSettings = TeamSettings()
    serve: ServeSettings = ServeSettings()
    bursts: BurstSettings = BurstSettings()
    dispatch: DispatchSettings = DispatchSettings()
    executor: ExecutorSettings = ExecutorSettings()

    @field_validator("feeds")
    @classmethod
    def _sources_differ(cls, feeds: dict[str, FeedSettings]) -> dict[str, FeedSettings]:
        """Check that no two feeds take each other's exports."""
        for one, other in permutations(feeds, 2):
            if normpath(feeds[one].source) == normpath(feeds[other].source):
                raise ValueError(f"{one} and {other} should not have the same source")
            if normpath(feeds[one].archive_url or "") == normpath(feeds[other].source):
                raise ValueError(f"the archive of {one} should not be the source of {other}")
        return feeds
