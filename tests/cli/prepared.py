"""A site as the first test of a module has made it, of which the others get copies."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from tests.cli.site import Site


@dataclass
class Prepared:
    """The database to copy, empty before the first test, and what lies in the bucket."""

    new_database: Callable[[str | None], str]
    folder: Path
    database: str = ""

    def give(self, site: Site, make: Callable[[Site], None]) -> Site:
        """Make the site, or give it the bucket that belongs to the copy of the database that it has."""
        bucket = site.store.folder / site.bucket
        if self.database:
            shutil.copytree(self.folder, bucket, dirs_exist_ok=True)
        else:
            make(site)
            shutil.copytree(bucket, self.folder, dirs_exist_ok=True)
            self.database = _name(self.new_database(_name(site.url)))
        return site


def _name(url: str) -> str:
    return str(conninfo_to_dict(url)["dbname"])
