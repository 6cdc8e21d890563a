"""On what was measured, and with what."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

from bench.server import Site

PACKAGES = ("fleetfeed", "duckdb", "psycopg", "orjson", "dlt", "pyarrow", "psycopg2-binary", "adbc-driver-postgresql")


def about(site: Site) -> dict[str, dict[str, str]]:
    """Return the machine, the versions and the server's settings, and nothing that names the machine."""
    server = site.about()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    versions = {"PostgreSQL": server.pop("version"), "PostGIS": server.pop("postgis"), "Python": python}
    return {
        "machine": {
            "processor": f"{_first('/proc/cpuinfo', 'model name') or platform.machine()}, {os.cpu_count()} cores",
            "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9:.0f} GB",
            "system": f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}",
        },
        "versions": versions | {name: version(name) for name in PACKAGES},
        "settings": server,
    }


def _first(path: str, name: str) -> str:
    if not Path(path).exists():
        return ""
    lines = (line.partition(":") for line in Path(path).read_text().splitlines())
    return next((value.strip() for key, _, value in lines if key.strip() == name), "")
