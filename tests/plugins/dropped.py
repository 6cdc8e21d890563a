"""What the tests of plugins drop into a project, and install beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

DECLARED = """
from fleetfeed import Feed, Moment, Roles, Text, hookimpl
FEED = Feed(
    name={name!r}, key="id", columns=(Text("status"), Moment("at")),
    roles=Roles("status", ("closed",), "at", ("at",), "status", "status", "status"),
)
"""
Drop = Callable[[str, str], Path]


def dropping(project: Path) -> Drop:
    """Give a function that drops a file into the project; `{name!r}` in it is the name of the feed."""

    def drop(path: str, text: str) -> Path:
        file = project / path
        file.parent.mkdir(parents=True, exist_ok=True)
        name = file.parent.name if file.name == "__init__.py" else file.stem
        file.write_text(text.replace("{name!r}", repr(name)))
        return file

    return drop


def install(site: Path, name: str, entry: str, package: str = "acme-feeds") -> None:
    """Make an entry point as pip leaves it behind."""
    info = site / f"{package.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[fleetfeed]\n{name} = {entry}\n")
