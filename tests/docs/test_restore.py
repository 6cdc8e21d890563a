"""The page's commands back a database up and restore it, each as whom it says, on the same server and on another."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from fleetfeed.database.embedded.server import SUPERUSER, EmbeddedServer
from tests.kit import ROOT, export, ticket
from tests.servers import postgres

PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
BACK_UP = PAGE.partition("## Back up and restore")[2].partition("\n## ")[0]
DUMP, ADMINISTRATOR, RESTORE, CHECK = re.findall(r"^ *```sh\n(.*?)^ *```", BACK_UP, re.MULTILINE | re.DOTALL)
ADMIN = "postgres"
SEEN = (
    "SELECT to_jsonb(t)::text FROM tickets.inc t ORDER BY 1",
    "SELECT to_jsonb(t)::text FROM tickets.ticket_changes t ORDER BY 1",
    "SELECT count(*), count(DISTINCT relowner), min(pg_get_userbyid(relowner)) FROM pg_class "
    "WHERE relnamespace = 'tickets'::regnamespace",
    "SELECT reporting.fn_tickets_for_map() -> 'summary' ->> 'total'",
)
GRANTS = "SELECT relacl::text FROM pg_class WHERE oid = 'tickets.inc_open_sla'::regclass"


@dataclass(frozen=True)
class Cluster:
    """A server where everybody on this machine may log in, as whom they say they are."""

    server: EmbeddedServer

    def url(self, database: str, user: str) -> str:
        return f"postgresql:///{database}?host={self.sockets}&port=5432&user={user}"

    @property
    def sockets(self) -> str:
        return str(conninfo_to_dict(self.server.url("postgres"))["host"])

    def rows(self, sql: str, database: str = "postgres") -> list[tuple[object, ...]]:
        with psycopg.connect(self.url(database, ADMIN), autocommit=True) as connection:
            done = connection.execute(sql.encode())
            return done.fetchall() if done.description else []

    def prepare(self) -> None:
        """Make what the first steps of the page make."""
        for statement in re.findall(r"`(CREATE ROLE fleetfeed LOGIN[^`]*)`", PAGE)[0].split(";")[:2]:
            self.rows(statement)
        self.rows("CREATE EXTENSION postgis", "fleet")
        for statement in re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)[0].split(";")[:5]:
            self.rows(statement)


@contextmanager
def cluster() -> Iterator[Cluster]:
    with postgres() as server:
        hba = server.data / "pg_hba.conf"
        hba.write_text("local all all trust\n")
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute(f"SELECT pg_reload_conf(); CREATE ROLE {ADMIN} LOGIN SUPERUSER".encode())
        made = Cluster(server)
        made.rows(f"ALTER ROLE {SUPERUSER} RENAME TO initdb")  # the page's own login has that name, and few rights
        made.prepare()
        yield made


@pytest.fixture
def first() -> Iterator[Cluster]:
    with cluster() as made:
        yield made


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "inbox").mkdir()
    feed = f'[feeds.inc]\nsource = "file://{tmp_path}/inbox/"\narchive = false\n'
    (tmp_path / "fleetfeed.toml").write_text(f'[project]\ntimezone = "Africa/Nairobi"\n{feed}')
    return tmp_path


def shell(script: str, folder: Path, **env: str) -> str:
    """Run commands; any complaint of the server's programs is an error."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FLEETFEED_", "PG"))}
    programs = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=folder,
        env={**kept, "PATH": programs, "COLUMNS": "200", **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not re.search("error|warning", done.stderr), done.stderr
    return done.stdout


def load(project: Path, at: str, *rows: dict[str, str]) -> None:
    (project / "inbox" / "export.csv").write_bytes(export(rows))
    shell("fleetfeed run inc --apply", project, DATABASE_URL=at)


def restored(project: Path, source: Cluster, target: Cluster, line: str) -> str:
    """Do what the page says, and return what the last command printed."""
    shell(DUMP, project, DATABASE_URL=source.url("fleet", "fleetfeed"))
    shell(ADMINISTRATOR, project, PGHOST=target.sockets, PGUSER=ADMIN)
    again = target.url("fleet_again", "fleetfeed")
    shell(line, project, FLEET_AGAIN=again)
    reported = shell(CHECK, project, FLEET_AGAIN=again)
    for sql in SEEN:
        assert target.rows(sql, "fleet_again") == source.rows(sql, "fleet")
    (project / "inbox" / "export.csv").unlink()
    load(project, again, ticket("T1", owner="Ben"), ticket("T2"), ticket("T3"))
    assert target.rows("SELECT count(*) FROM tickets.inc", "fleet_again") == [(3,)]
    return reported


def test_a_database_is_restored_on_the_same_server_and_on_another(first: Cluster, project: Path) -> None:
    same, other = RESTORE.splitlines()
    fleet = first.url("fleet", "fleetfeed")
    shell("fleetfeed migrate", project, DATABASE_URL=fleet)
    load(project, fleet, ticket("T1"), ticket("T2"))
    first.rows("CREATE ROLE analyst; GRANT SELECT ON tickets.inc_open_sla TO analyst", "fleet")

    assert "tickets   2 (2 open" in restored(project, first, first, same)
    assert first.rows(GRANTS, "fleet_again") == first.rows(GRANTS, "fleet")
    with cluster() as second:
        assert "tickets   2 (2 open" in restored(project, first, second, other)
        assert "fleetfeed_reader=r/fleetfeed_owner" in str(second.rows(GRANTS, "fleet_again"))
