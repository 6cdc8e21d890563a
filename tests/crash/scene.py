"""One feed with a history and two unread exports: everything that a run does happens in one run of it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from tests.crash.content import FILLED, NEWEST
from tests.crash.faults import Talk, Victim, wait_until
from tests.crash.pg_proxy import pg_proxy
from tests.crash.processes import Ended, start
from tests.crash.s3_proxy import s3_proxy
from tests.kit import START
from tests.servers import S3Endpoint

INBOX = "automations/inc/"
OBSERVERS = Path(__file__).parent / "observers"
RUN = ("run", "inc", "--apply")
AT_WORK = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'fleetfeed%'"

TABLES = b"SELECT tablename FROM pg_tables WHERE schemaname = 'tickets'"
# What a bulk load drops, or turns off, until it ends.
BUILT = b"""
SELECT indexdef FROM pg_indexes WHERE schemaname = 'tickets' AND tablename = 'inc'
UNION ALL SELECT tgname || ' ' || tgenabled::text FROM pg_trigger
WHERE tgrelid = to_regclass('tickets.inc') AND NOT tgisinternal ORDER BY 1
"""


@dataclass(frozen=True)
class Store:
    """An S3 server, and the folder that it serves."""

    endpoint: S3Endpoint
    folder: Path


@dataclass
class Scene:
    """A project with its database and its bucket, and the proxies between them and a run."""

    store: Store
    folder: Path
    url: str
    victim: Victim = field(default_factory=Victim)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        bucket = f"s3://{self.folder.name}/{INBOX}"
        (self.folder / "fleetfeed.toml").write_text(
            f'[project]\ntimezone = "Africa/Nairobi"\nplugins = {json.dumps(["feeds", str(OBSERVERS)])}\n\n'
            f'[feeds.inc]\nsource = "{bucket}"\narchive = "{bucket}processed/"\nplugins = ["checkpoints"]\n'
        )

    @property
    def bucket(self) -> Path:
        """The bucket, as the folder that the store serves."""
        return self.store.folder / self.folder.name

    def put(self, name: str, content: bytes) -> None:
        """Put an export into the inbox. Its name says its hour, so that the bucket of every scene is the same."""
        path = self.bucket / INBOX / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        moment = (START + timedelta(hours=int(path.stem))).timestamp()
        os.utime(path, (moment, moment))

    @contextmanager
    def reached(self, store: Talk | None = None, database: Talk | None = None) -> Iterator[dict[str, str]]:
        """Stand before the store and before the database; give the environment of runs that come this way."""
        endpoint = self.store.endpoint
        with s3_proxy(endpoint.url, store or Talk()) as to_store, pg_proxy(self.url, database or Talk()) as to_database:
            access = {"RUSTFS_ACCESS_KEY": endpoint.access_key, "RUSTFS_SECRET_KEY": endpoint.secret_key}
            yield access | {"DATABASE_URL": to_database, "RUSTFS_ENDPOINT": to_store}

    def run(self, *args: str, store: Talk | None = None, database: Talk | None = None, **env: str) -> Ended:
        """Run `fleetfeed` to its end, a load if no other arguments are given."""
        with self.reached(store, database) as access:
            running = start(self.folder, access | env, *(args or RUN))
            self.victim.name(running.pid)
            return running.ended()

    def run_again(self) -> Ended:
        """Run after a run that did not end well; what is loaded must not be fetched once more."""
        self.wait_until_nobody_is_at_work()
        loaded, talk = self.is_loaded, Talk()
        done = self.run(store=talk)
        assert done.code == 0, done.err
        assert talk.said.count(f"GET {INBOX}{NEWEST}") == (not loaded)
        return done

    def wait_until_nobody_is_at_work(self) -> None:
        """See that no backend of a run that has ended stays behind: it would hold the feed's lock."""
        wait_until(lambda: not self.rows(AT_WORK), patience=10)

    @property
    def is_loaded(self) -> bool:
        """Whether the newest export is committed."""
        sql = "SELECT 1 FROM tickets.import_runs WHERE outcome = 'loaded' AND source_key = '{}'"
        return bool(self.rows(sql.format(INBOX + NEWEST)))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            done = connection.execute(sql.encode())
            return done.fetchall() if done.description else []

    def state(self) -> dict[str, Any]:
        """All that must be the same however often a run was killed on the way."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            there = {name for (name,) in connection.execute(TABLES)}
            found: dict[str, Any] = {
                name: connection.execute(sql.encode()).fetchall() for name, sql in FILLED.items() if name in there
            }
            found["built"] = connection.execute(BUILT).fetchall()
        files = sorted(path for path in self.bucket.rglob("*") if path.is_file())
        found["bucket"] = {
            str(path.relative_to(self.bucket)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
        }
        return found
