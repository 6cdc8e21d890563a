"""Which PostgreSQL is taken, and what is said when there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetfeed.database.embedded.files import server_user
from fleetfeed.database.embedded.programs import find_programs
from fleetfeed.database.embedded.server import EmbeddedServer
from fleetfeed.errors import UsageError


def test_a_missing_server_names_the_packages(place: Path) -> None:
    server = EmbeddedServer(place / "home", bindirs=[])
    with pytest.raises(UsageError, match=r"PostgreSQL .* with PostGIS is not installed here") as caught:
        server.start()
    assert caught.value.exit_code == 2
    assert "`apt-get install postgresql-postgis`" in caught.value.next_step
    assert not server.data.exists()


def fake_programs(folder: Path, version: str, *, postgis: bool) -> Path:
    extensions = folder / "share" / "extension"
    extensions.mkdir(parents=True)
    if postgis:
        (extensions / "postgis.control").write_text("module_pathname = '$libdir/postgis-3'\n")
    for name in ("initdb", "pg_ctl", "postgres"):
        (folder / name).write_text(f"#!/bin/sh\necho 'VERSION={version}'\necho share_path={folder}/share\n")
        (folder / name).chmod(0o755)
    return folder


def test_the_newest_server_with_postgis_is_chosen(place: Path) -> None:
    user = server_user(place / "none")
    old = fake_programs(place / "13", "13.9", postgis=True)
    good = fake_programs(place / "15", "15.18 (Debian 15.18-0+deb12u1)", postgis=True)
    newer = fake_programs(place / "17", "17beta1", postgis=True)
    bare = fake_programs(place / "18", "18.1", postgis=False)
    everywhere = [bare, good, newer, old, place / "nowhere"]
    assert find_programs(user, bindirs=everywhere).bindir == newer
    assert find_programs(user, 15, everywhere).version == "15.18"
    with pytest.raises(UsageError, match=r"PostgreSQL 18\.1 is installed here, but without PostGIS"):
        find_programs(user, bindirs=[bare])
    with pytest.raises(UsageError, match="made by PostgreSQL 16, which is not installed"):
        find_programs(user, 16, everywhere)
    with pytest.raises(UsageError, match="at least 14"):
        find_programs(user, bindirs=[old])
