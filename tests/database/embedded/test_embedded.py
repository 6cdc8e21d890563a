"""The embedded server, for real: every test runs PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

from fleetfeed.database.embedded.files import server_user
from fleetfeed.database.embedded.postmaster import UNUSED_PID
from fleetfeed.database.embedded.programs import find_programs
from fleetfeed.database.embedded.server import EmbeddedServer, throwaway_server
from fleetfeed.errors import DatabaseError
from tests.database.embedded.helpers import AS_ROOT, ask, kill, mode_of, pid_of, run


def test_data_outlive_a_stop_and_a_second_start_does_nothing(home: Path) -> None:
    server = EmbeddedServer(home, fsync=False)
    assert server.pid is None
    assert not home.exists()
    server.stop()  # nothing to stop is no error
    url = server.start()
    run(url, "CREATE TABLE kept AS SELECT 42 AS answer", "CREATE EXTENSION postgis")
    pid = pid_of(server)
    assert server.start() == url
    assert EmbeddedServer(home).start() == url
    assert pid_of(server) == pid
    server.stop()
    assert server.pid is None
    assert server.version == str(find_programs(server_user(server.data)).major)
    assert ask(server.start(), "SELECT answer FROM kept") == 42
    assert pid_of(server) != pid


def test_two_processes_start_one_server(home: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from fleetfeed.database.embedded.server import EmbeddedServer\n"
        "server = EmbeddedServer(Path(sys.argv[1]), fsync=False)\n"
        "print(server.start(), server.pid)"
    )
    command = [sys.executable, "-c", program, str(home)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    starters = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(3)]
    reported = [starter.communicate(timeout=60)[0].strip() for starter in starters]
    assert [starter.returncode for starter in starters] == [0, 0, 0]
    assert len(set(reported)) == 1
    assert reported[0] == f"{EmbeddedServer(home).url('postgres')} {pid_of(EmbeddedServer(home))}"


def test_it_starts_again_after_a_kill(home: Path) -> None:
    server = EmbeddedServer(home, fsync=False)
    run(server.start(), "CREATE TABLE kept AS SELECT 42 AS answer")
    kill(server)
    assert (server.data / "postmaster.pid").exists()
    assert ask(server.start(), "SELECT answer FROM kept") == 42


def test_a_stale_pid_that_another_process_has_now_stops_nothing(home: Path) -> None:
    server = EmbeddedServer(home, fsync=False)
    server.start()
    dead = kill(server)
    user = server_user(server.data)
    as_the_server = {"user": user.uid, "group": user.gid, "extra_groups": []} if AS_ROOT else {}
    with subprocess.Popen(["sleep", "60"], cwd="/", **as_the_server) as other:  # type: ignore[call-overload]
        try:
            for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
                lock = server.data / name
                lock.write_text(lock.read_text().replace(f"{dead}\n", f"{other.pid}\n", 1))
            assert server.pid is None
            assert ask(server.start(), "SELECT 1") == 1
            assert other.poll() is None
        finally:
            other.kill()


def test_it_listens_on_no_port_and_its_folders_are_private(server: EmbeddedServer) -> None:
    assert mode_of(server.data) == 0o700
    assert mode_of(server.log) == 0o600
    assert server.log.parent == server.home
    assert ask(server.url("postgres"), "SHOW listen_addresses") == ""
    # ALTER SYSTEM cannot open it either: options of the command line win.
    run(server.url("postgres"), "ALTER SYSTEM SET listen_addresses = '*'", "SELECT pg_reload_conf()")
    pid_file = (server.data / "postmaster.pid").read_text().splitlines()
    assert pid_file[5] == ""
    assert not psutil.Process(pid_of(server)).net_connections("inet")


def test_sockets_are_for_the_owner_and_root_only(server: EmbeddedServer) -> None:
    owner = server_user(server.data)
    identities = (server.data / "pg_ident.conf").read_text().split()
    assert set(identities) == {"fleetfeed", f'"{owner.name}"', '"root"'}
    assert (server.data / "pg_hba.conf").read_text() == "local all all peer map=fleetfeed\n"
    with pytest.raises(psycopg.OperationalError, match="Peer authentication failed"):
        psycopg.connect(server.url("postgres").replace("user=fleetfeed", "user=somebody"))


def test_the_callers_environment_does_not_leak(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PGHOST": "nowhere.invalid",
        "PGHOSTADDR": "192.0.2.1",
        "PGPORT": "1",
        "PGUSER": "somebody",
        "PGDATABASE": "elsewhere",
        "PGDATA": "/nonexistent",
        "PGOPTIONS": "-c search_path=elsewhere",
        "PGCHANNELBINDING": "require",
        "PGSSLMODE": "verify-full",
        "TZ": "Africa/Nairobi",
        "LC_ALL": "nonsense",
        "RUSTFS_SECRET_KEY": "a secret",
    }.items():
        monkeypatch.setenv(name, value)
    server = EmbeddedServer(home, fsync=False)
    assert ask(server.start(), "SELECT current_user || ' ' || current_database()") == "fleetfeed postgres"
    assert ask(server.url("postgres"), "SHOW search_path") == '"$user", public'
    assert ask(server.url("postgres"), "SELECT reset_val FROM pg_settings WHERE name = 'log_timezone'") == "UTC"
    processes = Path(f"/proc/{pid_of(server)}/environ")
    if processes.exists():
        assert b"RUSTFS" not in processes.read_bytes()
        assert b"PGPORT" not in processes.read_bytes()


def test_postgis_is_loaded_once_and_not_by_each_connection(server: EmbeddedServer) -> None:
    assert ask(server.url("postgres"), "SHOW shared_preload_libraries") == "$libdir/postgis-3"


def test_text_sorts_by_code_point_and_letters_have_cases(server: EmbeddedServer) -> None:
    url = server.url("postgres")
    assert ask(url, "SELECT lower('ÄŽЖ')") == "äžж"
    assert ask(url, "SELECT 'B' < 'a' AND 'z' < 'ä'") is True
    assert ask(url, "SHOW server_encoding") == "UTF8"


def test_databases_come_and_go(server: EmbeddedServer) -> None:
    name = 'a "strange" name/ünd?&'
    url = server.create_database(name)
    assert server.create_database(name) == url == server.url(name)
    assert ask(url, "SELECT current_database()") == name
    with psycopg.connect(url):
        server.drop_database(name)
    server.drop_database(name)
    assert ask(server.url("postgres"), "SELECT count(*) FROM pg_database") == 3


def test_nothing_of_a_throwaway_server_stays() -> None:
    with throwaway_server() as thrown:
        pid = pid_of(thrown)
        assert ask(thrown.start(), "SHOW fsync") == "off"
    assert not thrown.home.exists()
    cmdline = Path(f"/proc/{pid}/cmdline")
    assert not cmdline.exists() or not cmdline.read_bytes()


def test_a_start_that_fails_quotes_the_log(home: Path) -> None:
    server = EmbeddedServer(home, fsync=False)
    server.start()
    server.stop()
    with (server.data / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")
    with pytest.raises(DatabaseError, match='unrecognized configuration parameter "no_such_setting"') as caught:
        server.start()
    assert str(server.log) in caught.value.next_step


def test_lock_files_name_nobody_after_being_disarmed() -> None:
    with pytest.raises(ProcessLookupError):
        os.kill(UNUSED_PID, 0)


def test_a_backend_that_outlives_its_server_is_waited_for(server: EmbeddedServer) -> None:
    busy = psycopg.pq.PGconn.connect(server.url("postgres").encode())
    busy.send_query(b"SELECT count(*) FROM generate_series(1, 5000000)")
    kill(server)
    assert ask(server.start(), "SELECT 1") == 1
    busy.finish()
