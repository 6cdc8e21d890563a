"""A feed that has loaded exports, of which tests get copies: to copy a database takes less time than a load."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fleetfeed.database import connect
from tests.kit import Bench
from tests.servers import Server

if TYPE_CHECKING:
    import pytest


@dataclass(frozen=True)
class Loaded:
    """The database to copy, and the bench's folder with the archived exports."""

    database: str
    folder: Path
    exports: int

    def give_exports(self, bench: Bench) -> None:
        """Copy the archived exports to a bench whose database is a copy."""
        shutil.copytree(self.folder, bench.inbox.parent, dirs_exist_ok=True)
        bench.hours = self.exports


@contextmanager
def has_loaded(
    server: Server, template: str, folder: Path, exports: Sequence[Sequence[Mapping[str, str]]], **options: bool
) -> Iterator[Loaded]:
    """Load exports one by one into a copy of a template."""
    with server.database(template) as url:
        with connect(url, "loaded") as db:
            bench, name = Bench(db, folder), str(db.connection.info.dbname)
            for rows in exports:
                bench.loaded(rows, **options)
        yield Loaded(name, folder, len(exports))


def to_copy(request: pytest.FixtureRequest, loads: str, asked: str, migrated: str) -> str:
    """Name the database to copy: of the fixture `loads` if the test asks for what is made of it."""
    if asked not in request.fixturenames:
        return migrated
    made: Loaded = request.getfixturevalue(loads)
    return made.database
