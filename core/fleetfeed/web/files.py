"""The files that are served: the built page, and the layers of the map. Read once, at the start."""

from __future__ import annotations

import gzip
import json
import mimetypes
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from fleetfeed.errors import ConfigError
from fleetfeed.plugins.registry import BUNDLED
from fleetfeed.text.digest import digest
from fleetfeed.web.questions import GEOJSON

if TYPE_CHECKING:
    from fleetfeed.config.tables import MapSettings

STATIC = Path(__file__).with_name("static")
OUTLINE = "outline"
_LARGEST = 20 * 2**20  # bytes of a layer: the browser has to hold it
_TYPES = {".mjs": "text/javascript", ".js": "text/javascript", ".txt": "text/plain; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class File:
    """One file, compressed."""

    zipped: bytes
    media_type: str
    etag: str


def is_built() -> bool:
    """Whether the page was built; reads and compresses nothing."""
    return (STATIC / "index.html").is_file()


@cache
def built_page() -> dict[str, File]:
    """Read the built page, by path; empty if it was not built."""
    paths = (path for path in STATIC.rglob("*") if path.is_file())
    return {path.relative_to(STATIC).as_posix(): _file(path.read_bytes(), _type(path)) for path in paths}


@dataclass(frozen=True)
class Files:
    """The layers and tiles of one server's map."""

    map: MapSettings
    folder: Path  # of the project

    @cached_property
    def layers(self) -> dict[str, File]:
        """Outline and overlays as GeoJSON, by name: the project's files, else bundled ones. Raises ConfigError."""
        named = {OUTLINE: self.map.outline} if self.map.outline else {}
        for path in self.map.overlays:
            if Path(path).stem in {*named, OUTLINE}:
                raise _wrong(path, "has the name of another layer")
            named[Path(path).stem] = path
        return {name: _file(self._geojson(path), GEOJSON) for name, path in named.items()}

    @cached_property
    def tiles(self) -> Path | None:
        """The file of the base map's tiles. Raises ConfigError."""
        if not self.map.pmtiles:
            return None
        path = self.folder / self.map.pmtiles
        if not path.is_file():
            raise _wrong(self.map.pmtiles, "is not a file")
        return path

    def _geojson(self, path: str) -> bytes:
        own = self.folder / path
        try:
            data = (own if own.exists() else BUNDLED / path).read_bytes()
        except OSError as error:
            raise _wrong(path, f"cannot be read: {error.strerror}") from None
        if len(data) > _LARGEST:
            raise _wrong(path, f"is larger than {_LARGEST // 2**20} MB")
        try:
            is_geojson = json.loads(data).get("type") in ("FeatureCollection", "Feature")
        except (ValueError, AttributeError):
            is_geojson = False
        if not is_geojson:
            raise _wrong(path, "is no GeoJSON with a FeatureCollection")
        return data


def _wrong(path: str, why: str) -> ConfigError:
    return ConfigError(
        f"[serve.map] names {path!r}, but that {why}.", next_step="Name a file beside fleetfeed.toml, or leave it out."
    )


def _file(data: bytes, media_type: str) -> File:
    zipped = gzip.compress(data, 9, mtime=0)
    return File(zipped, media_type, digest(zipped.hex()))


def _type(path: Path) -> str:
    return _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
