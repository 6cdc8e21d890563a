"""A project with a database and a bucket of its own, and its command line."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import uuid
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import typer.main

from fleetfeed import cli
from fleetfeed.plugins import discovery
from tests.kit import export
from tests.servers import S3Endpoint

if TYPE_CHECKING:
    import pytest
    from types_boto3_s3 import S3Client

INBOX = "automations/inc/"
PROCESSED = f"{INBOX}processed/"
CANARY = "canary-of-the-database-password"
_packages = cache(entry_points)  # no test of a site installs one
_built = cache(typer.main.get_command)  # typer builds all commands anew at each call: a quarter of what a look costs
TABLES = ("inc", "ticket_changes", "import_meta", "exports", "rejects")

Rows = Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class Result:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        assert found["schema_version"] == 1
        return found

    @property
    def run(self) -> dict[str, Any]:
        """The one run of the document."""
        (found,) = self.document["runs"]
        return dict(found)

    @property
    def error_lines(self) -> list[str]:
        """What was reported of an error: cause, effect and next step."""
        labels = ("error:  ", "effect: ", "next:   ")
        return [line for line in self.err.splitlines() if line.startswith(labels)]


@dataclass(frozen=True)
class Store:
    """One server that runs as long as the tests do."""

    kind: str
    endpoint: S3Endpoint
    client: S3Client
    folder: Path  # what rclone serves


@dataclass
class Site:
    """Hold the project, and run `fleetfeed` in it."""

    store: Store
    folder: Path
    url: str
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch
    bucket: str = field(default_factory=lambda: f"tickets-{uuid.uuid4().hex[:12]}")
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.store.client.create_bucket(Bucket=self.bucket)
        self.write()
        self.env = {
            "DATABASE_URL": self.url + (f"&password={CANARY}" if "///" in self.url else ""),
            "RUSTFS_ENDPOINT": self.store.endpoint.url,
            "RUSTFS_ACCESS_KEY": self.store.endpoint.access_key,
            "RUSTFS_SECRET_KEY": self.store.endpoint.secret_key,
        }

    def write(self, archive: str = "", more: str = "") -> None:
        """Write fleetfeed.toml; `archive` is TOML."""
        text = (
            '[project]\ntimezone = "Africa/Nairobi"\nplugins = ["feeds"]\n\n'
            f'[feeds.inc]\nsource = "s3://{self.bucket}/{INBOX}"\n'
            f"archive = {archive or json.dumps(f's3://{self.bucket}/{PROCESSED}')}\n{more}"
        )
        (self.folder / "fleetfeed.toml").write_text(text)

    def listen(self, **plugins: str) -> None:
        """Write plugins, by name, and let the feed have them."""
        (self.folder / "feeds").mkdir()
        for name, text in plugins.items():
            (self.folder / "feeds" / f"{name}.py").write_text(text)
        self.write(more=f"plugins = {json.dumps([*plugins])}\n")

    def put(self, content: bytes | Rows, name: str = "export.csv") -> bytes:
        """Put an export into the inbox."""
        body = content if isinstance(content, bytes) else export(content)
        self.store.client.put_object(Bucket=self.bucket, Key=f"{INBOX}{name}", Body=body)
        return body

    def objects(self) -> dict[str, str]:
        """Look what lies where: key and ETag, below the inbox."""
        found = self.store.client.list_objects_v2(Bucket=self.bucket, Prefix=INBOX).get("Contents", [])
        return {entry["Key"].removeprefix(INBOX): entry["ETag"].strip('"') for entry in found}

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            done = connection.execute(sql.encode())
            return done.fetchall() if done.description else []

    def tickets(self) -> dict[str, str]:
        """Give the loaded tickets and their status."""
        return dict(self.rows("SELECT ticket_id, normalized_status FROM tickets.inc ORDER BY 1"))

    def outcomes(self) -> list[str]:
        """Give the outcomes of all runs."""
        return [outcome for (outcome,) in self.rows("SELECT outcome FROM tickets.import_runs ORDER BY run_id")]

    def state(self) -> dict[str, Any]:
        """Give all that a run which fails must not touch."""
        found = {table: self.rows(f"SELECT t::text, xmin FROM tickets.{table} t ORDER BY 1") for table in TABLES}
        return {**found, "bucket": self.objects()}

    @contextmanager
    def untouched(self, *but: str) -> Iterator[None]:
        """See that tables and bucket stay as they are, but for what is named."""
        before = self.state()
        yield
        after = self.state()
        assert {key: after[key] for key in after if key not in but} == {
            key: before[key] for key in before if key not in but
        }

    def at(self, url: str) -> Site:
        """The same site with its store at another address."""
        other = copy(self)
        other.env = self.env | {"RUSTFS_ENDPOINT": url}
        return other

    def __call__(self, *args: str, **env: str | None) -> Result:
        """Run `fleetfeed` in this process; a variable that is None is taken out of the environment."""
        with self.monkeypatch.context() as patch, warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # a process that ends need not close its S3 client
            patch.chdir(self.folder)
            for name, value in (self.env | env).items():
                patch.delenv(name, raising=False) if value is None else patch.setenv(name, value)
            patch.setattr(sys, "argv", ["fleetfeed", *args])
            patch.setattr(typer.main, "get_command", _built)
            patch.setattr(discovery, "entry_points", _packages)
            self.capsys.readouterr()
            code = 0
            try:
                cli.main()
            except SystemExit as ended:
                code = ended.code if isinstance(ended.code, int) else 0
            gc.collect()  # so that what a command leaves open is reported now
            gc.freeze()  # what outlives it is looked at no more: the next collect() takes a tenth of the time
        return self.checked(Result(code, *self.capsys.readouterr()))

    def process(self, *args: str, limit: str = "") -> subprocess.Popen[str]:
        """Start `fleetfeed` as a process of its own; `limit` is of the shell's `ulimit`."""
        limited = ["sh", "-c", f'ulimit {limit}; exec "$@"', "sh"] if limit else []
        return subprocess.Popen(
            [*limited, sys.executable, "-m", "fleetfeed", *args],
            cwd=self.folder,
            env=os.environ | self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ended(self, process: subprocess.Popen[str]) -> Result:
        """Wait for the end of a process."""
        out, err = process.communicate(timeout=60)
        return self.checked(Result(process.returncode, out, err))

    def checked(self, result: Result) -> Result:
        """See that neither the output nor the ledger holds a secret."""
        said = [result.out, result.err]
        for secret in (CANARY, self.store.endpoint.secret_key):
            assert not any(secret in text for text in said), f"{secret} was reported"
        return result

    def no_secret_in_ledger(self) -> None:
        """See that no table of the ledger holds a secret."""
        kept = self.rows("SELECT to_jsonb(r)::text FROM tickets.import_runs r")
        for secret in (CANARY, self.store.endpoint.secret_key):
            assert not any(secret in text for (text,) in kept)
