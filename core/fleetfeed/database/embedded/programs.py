"""Find the machine's PostgreSQL with PostGIS, or say how to install it."""

from __future__ import annotations

import glob
import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fleetfeed.errors import UsageError

if TYPE_CHECKING:
    from fleetfeed.database.embedded.files import ServerUser

OLDEST = 14
NEEDED = ("initdb", "pg_ctl", "postgres")
USUAL_PLACES = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # packages of postgresql.org for Fedora and Red Hat
    "/usr/libexec/postgresql*",  # Alpine
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
_INSTALL = (
    "Install PostgreSQL and its PostGIS: on Debian and Ubuntu `apt-get install {}` (`make demo` does that), on macOS "
    "`brew install postgis`, elsewhere the packages of your system."
)


@dataclass(frozen=True)
class Programs:
    """One installed PostgreSQL."""

    bindir: Path
    version: str
    postgis: str  # its library, as the server names it; empty without PostGIS

    @property
    def major(self) -> int:
        """The major version, which must match that of the data folder."""
        return int(self.version.partition(".")[0])


def find_programs(user: ServerUser, major: int | None = None, bindirs: Iterable[Path] | None = None) -> Programs:
    """Choose the newest PostgreSQL with PostGIS, or that of a major version. Raises UsageError."""
    places = usual_bindirs(user) if bindirs is None else bindirs
    found = [programs for bindir in places if (programs := _look(bindir, user))]
    usable = [p for p in found if p.postgis and p.major >= OLDEST and major in (None, p.major)]
    if not usable:
        wanted = major or max((p.major for p in found if p.major >= OLDEST), default=None)
        package = f"postgresql-{wanted}-postgis-3" if wanted else "postgresql-postgis"
        raise UsageError(_what_is_missing(found, major), next_step=_INSTALL.format(package))
    return max(usable, key=lambda programs: programs.major)


def usual_bindirs(user: ServerUser) -> list[Path]:
    """List the folders with a server's programs."""
    places = [*os.get_exec_path(), *(folder for pattern in USUAL_PLACES for folder in glob.glob(pattern))]
    if shutil.which("pg_config"):
        places.append(user.run("pg_config", "--bindir").stdout.strip())
    return sorted({Path(place).resolve() for place in places if os.path.exists(f"{place}/initdb")})


def _look(bindir: Path, user: ServerUser) -> Programs | None:
    if not all(shutil.which(name, path=str(bindir)) for name in NEEDED):
        return None
    # On every system `initdb --show` prints the share folder; it changes nothing.
    output = user.run(bindir / "initdb", "--show", "-D", "/nonexistent").stdout
    version = re.search(r"^VERSION=(\d+(?:\.\d+)?)", output, re.MULTILINE)
    share = re.search(r"^share_path=(.+)$", output, re.MULTILINE)
    if not version or not share:
        return None
    return Programs(bindir, version[1], _library(Path(share[1]) / "extension" / "postgis.control"))


def _library(control: Path) -> str:
    if not control.exists():
        return ""
    found = re.search(r"^module_pathname\s*=\s*'(.+)'", control.read_text(), re.MULTILINE)
    return found[1] if found else ""


def _what_is_missing(found: list[Programs], major: int | None) -> str:
    if major and not any(p.major == major for p in found):
        return f"The embedded database was made by PostgreSQL {major}, which is not installed here."
    if any(p.major >= OLDEST for p in found):
        versions = ", ".join(p.version for p in found)
        return f"PostgreSQL {versions} is installed here, but without PostGIS."
    return f"PostgreSQL (at least {OLDEST}) with PostGIS is not installed here."
