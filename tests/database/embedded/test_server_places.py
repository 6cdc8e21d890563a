"""Where the server's files go when the usual place will not do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fleetfeed.database.embedded import files
from fleetfeed.database.embedded.files import server_user
from fleetfeed.database.embedded.server import EmbeddedServer
from fleetfeed.errors import DatabaseError
from tests.database.embedded.helpers import AS_ROOT, ask, become, mode_of


def test_an_unfinished_initdb_is_made_anew(home: Path) -> None:
    server = EmbeddedServer(home, fsync=False)
    unfinished = home / "postgres.new"
    unfinished.mkdir(parents=True)
    (unfinished / "half").touch()
    assert ask(server.start(), "SELECT 1") == 1
    assert not unfinished.exists()


def test_a_long_path_gets_a_short_private_socket_folder(place: Path) -> None:
    server = EmbeddedServer(place / ("long" * 30) / ".fleetfeed", fsync=False)
    short = files.socket_folder(server.data)
    try:
        assert short.parent == files.TEMPORARY
        assert str(short) in server.start()
        assert ask(server.start(), "SELECT 1") == 1
        assert mode_of(short) == 0o700
        assert short.stat().st_uid == server.data.stat().st_uid
    finally:
        server.stop("immediate")
    assert not short.exists()


def test_somebody_who_sits_on_the_short_name_is_refused(place: Path) -> None:
    server = EmbeddedServer(place / ("long" * 30) / ".fleetfeed", fsync=False)
    short = files.socket_folder(server.data)
    short.symlink_to(place)
    try:
        with pytest.raises(DatabaseError, match="is not a private folder of the user"):
            server.start()
    finally:
        short.unlink()
    assert ask(server.start(), "SELECT 1") == 1
    server.stop("immediate")


def test_root_finds_a_way_when_the_servers_user_cannot_reach_the_project(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only root has a server of another user; for everybody else the data must lie in the project."""
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    far = place / "var"
    monkeypatch.setattr(files, "FAR", far)
    server = EmbeddedServer(closed / "project" / ".fleetfeed", fsync=False)
    try:
        assert ask(server.start(), "SELECT 1") == 1
        assert server.data.parent == (far if AS_ROOT else server.home)
        assert server.log.exists()
        if AS_ROOT:
            assert server.data.name.startswith("project-")
            assert str(server.data) in (server.home / files.POINTER).read_text()
            server.stop()
            assert ask(EmbeddedServer(server.home).start(), "SELECT 1") == 1
    finally:
        server.stop("immediate")


def test_data_that_became_unreachable_are_not_replaced_by_new_ones(home: Path) -> None:
    server = EmbeddedServer(home, fsync=False)
    server.start()
    server.stop()
    home.parent.chmod(0o700)
    if AS_ROOT:
        with pytest.raises(DatabaseError, match=r"cannot reach .* any more"):
            server.start()
    else:
        server.start()
    home.parent.chmod(0o755)
    assert ask(server.start(), "SELECT 1") == 1


def test_an_ordinary_user_owns_the_server_and_root_may_use_it(place: Path) -> None:
    home = place / "home"
    home.mkdir()
    user = server_user(place / "none")
    os.chown(home, user.uid, user.gid)
    server = EmbeddedServer(home, fsync=False)
    try:
        assert become(user, lambda: server.start()) == 0
        assert server.data.stat().st_uid == user.uid
        assert ask(server.start(), "SELECT current_user") == "fleetfeed"
        server.stop()  # root stops and starts it as its owner
        server.start()
        assert become(user, lambda: server.stop()) == 0
        assert become(user, lambda: server.start()) == 0
        assert server.pid is not None
    finally:
        server.stop("immediate")
