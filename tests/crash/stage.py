"""Scenes that all begin alike, and how one ends that nobody disturbs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TypeVar

import psycopg
from hypothesis import settings
from psycopg import sql

from fleetfeed.database import connect
from fleetfeed.database.embedded.server import EmbeddedServer
from fleetfeed.database.schema.migrate import migrate
from tests.crash.content import NEWEST, exports, first_export
from tests.crash.faults import Talk, places
from tests.crash.scene import Scene, Store
from tests.kit import FEED, MIGRATIONS

_numbers = count(1)
_T = TypeVar("_T")


class Stage:
    """Two exports are loaded and archived, two more lie in the inbox; for a `first` load there is one of so many."""

    def __init__(self, server: EmbeddedServer, store: Store, folder: Path, new: int = 200, first: int = 0) -> None:
        self.server, self._store, self._folder = server, store, folder
        self._first = self._new(None)
        with connect(self._first.url, "stage") as db:
            migrate(db, MIGRATIONS, [FEED])
        made = {NEWEST: first_export(first)} if first else exports(range(200), range(new))
        for name in ("1.csv", "2.csv") if not first else ():
            self._first.put(name, made[name])
            assert self._first.run().code == 0
        for name in ("3.csv", NEWEST) if not first else (NEWEST,):
            self._first.put(name, made[name])
        self.before = self._first.state()
        self._first.wait_until_nobody_is_at_work()  # nobody may be connected to what is copied
        asked, said = Talk(), Talk()
        with self.scene() as scene:
            assert scene.run(store=asked, database=said).code == 0
            self.after = scene.state()
        self.requests, self.said = places(asked.said), said.said
        self.statements = [place for place in places(said.said) if is_statement(*place)]

    @contextmanager
    def scene(self) -> Iterator[Scene]:
        """Set the scene."""
        scene = self._new(self._first)
        try:
            yield scene
        finally:
            shutil.rmtree(scene.bucket)
            self.server.drop_database(scene.folder.name)

    def converges(self, scene: Scene, what: str = "") -> str:
        """See that one more run ends as if nothing had happened; return what it reported."""
        said = scene.run_again().out
        assert scene.state() == self.after, what
        assert list(scene.folder.glob("fleetfeed-*")) == [], "a folder of a killed run is left behind"
        return said.splitlines()[0]

    def _new(self, like: Scene | None) -> Scene:
        name = f"scene-{next(_numbers)}"
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        template = like.folder.name if like else "template0"
        with psycopg.connect(self.server.url("postgres"), autocommit=True) as connection:
            connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
            # A copied sequence believes that its next numbers are in the WAL: without this a crash would repeat them.
            connection.execute("CHECKPOINT")
        scene = Scene(self._store, self._folder / name, self.server.url(name))
        if like:
            shutil.copytree(like.bucket, scene.bucket)
        return scene


def is_statement(words: str, nth: int) -> bool:
    """Leave out what the client does not wait for, and what comes in as many pieces as it happens to."""
    return words not in ("Flush", "Sync", "goodbye") and (words, nth > 0) != ("COPY data", True)


def chosen(places: Sequence[_T], part: int, first: int = 0) -> list[_T]:
    """Choose every `part`th place from `first` on, or all of them in `make soak`."""
    return list(places if is_soak() else places[first::part])


def is_soak() -> bool:
    """Whether the long tests run."""
    return settings.get_current_profile_name() == "soak"
