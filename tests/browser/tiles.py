"""A PMTiles archive of one tile, for the whole earth: a red picture, or a road from corner to corner."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import write


def write_archive(path: Path, *, vector: bool) -> None:
    """Write the archive."""
    with write(str(path)) as archive:
        archive.write_tile(zxy_to_tileid(0, 0, 0), _road() if vector else _red())
        header = {
            "tile_type": TileType.MVT if vector else TileType.PNG,
            "tile_compression": Compression.NONE,
            **{"min_lon_e7": -1_800_000_000, "min_lat_e7": -850_000_000},
            **{"max_lon_e7": 1_800_000_000, "max_lat_e7": 850_000_000},
            **{"center_zoom": 0, "center_lon_e7": 0, "center_lat_e7": 0},
        }
        archive.finalize(header, {"vector_layers": [{"id": "roads", "fields": {}}]} if vector else {})


def _red() -> bytes:
    """Return a PNG of 256 by 256 red pixels."""
    rows = b"".join(b"\0" + b"\xff\0\0" * 256 for _ in range(256))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    size = struct.pack(">IIBBBBB", 256, 256, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _road() -> bytes:
    """Return a Mapbox Vector Tile with one line."""
    zigzag = [value << 1 for value in (0, 0, 4096, 4096)]
    geometry = b"".join(map(_varint, (1 << 3 | 1, *zigzag[:2], 1 << 3 | 2, *zigzag[2:])))  # MoveTo, LineTo
    feature = _varint(3 << 3) + _varint(2) + _field(4, geometry)  # a LINESTRING
    layer = _varint(15 << 3) + _varint(2) + _field(1, b"roads") + _field(2, feature) + _varint(5 << 3) + _varint(4096)
    return _field(3, layer)


def _field(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + _varint(value >> 7)
