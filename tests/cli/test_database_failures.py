"""What goes wrong with the database, as the commands report it."""

from __future__ import annotations

import socketserver
from collections.abc import Iterator

import psycopg
import pytest

from fleetfeed.database.embedded.server import EmbeddedServer
from fleetfeed.database.schema.current import head
from tests.cli.site import Site
from tests.cli.test_failures import AGAIN, NOTHING, expect_failure
from tests.kit import MIGRATIONS, ticket
from tests.servers import postgres
from tests.serving import serving

CONNECT = "next:   Check DATABASE_URL (or [database] url) and that the server runs; then run again."


def test_a_database_that_is_down_is_reported(site: Site) -> None:
    site.put([ticket("INC1")])
    result = fails_somehow(site, "postgresql://fleetfeed:canary-word@127.0.0.1:1/fleetfeed")
    assert result[0].startswith("error:  The database cannot be reached: connection failed: ")
    assert "Connection refused" in result[0]
    assert result[1:] == [NOTHING, CONNECT]


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://fleetfeed:canary-word@[::1/fleetfeed",
        "postgresql://fleetfeed:a canary-word@[::1]/x",
    ],
)
def test_a_database_url_that_is_none_is_reported_without_its_password(site: Site, address: str) -> None:
    result = fails_somehow(site, address)
    assert result[0].startswith("error:  The database's address makes no sense: ")
    assert result[1:] == [
        NOTHING,
        "next:   Correct DATABASE_URL (or [database] url); in a URL, a password is percent-encoded.",
    ]


def test_a_database_that_does_not_exist_is_reported(site: Site) -> None:
    name = psycopg.conninfo.conninfo_to_dict(site.url)["dbname"]
    result = fails_somehow(site, site.url.replace(str(name), "no_such_database"))
    assert result[0].startswith("error:  The database does not exist: ")
    assert 'database "no_such_database" does not exist.' in result[0]
    assert result[1:] == [NOTHING, "next:   Create it, or check its name in DATABASE_URL."]


def fails_somehow(site: Site, url: str) -> list[str]:
    """See that each command fails with the same words, in which there is no password."""
    with site.untouched():
        results = [site(*args, DATABASE_URL=url) for args in (["run", "inc", "--apply"], ["status"], ["migrate"])]
    results.append(site("--debug", "status", DATABASE_URL=url))
    for result in results:
        assert result.code == 1
        assert "canary-word" not in result.out + result.err
        assert result.error_lines == results[0].error_lines
    assert ["Traceback" in result.err for result in results] == [False, False, False, True]
    return results[0].error_lines


def test_a_database_that_was_never_migrated_is_reported(site: Site, empty_url: str) -> None:
    site.put([ticket("INC1")])
    cause = f"error:  The database is at revision none, this fleetfeed needs {head(MIGRATIONS)}."
    expect_failure(site, cause, NOTHING, AGAIN, env={"DATABASE_URL": empty_url})
    assert site("status", DATABASE_URL=empty_url).error_lines == [cause, NOTHING, AGAIN]


def test_a_table_that_is_not_what_the_feed_declares_is_reported(site: Site) -> None:
    site.put([ticket("INC1")])
    site.rows("ALTER TABLE tickets.inc DROP COLUMN scheduled_at")
    declared = "error:  The table of feed inc, or what derives from it, is not what the feed declares: "
    expect_failure(site, f'{declared}add column scheduled_at to tickets."inc".', NOTHING, AGAIN)


def test_a_missing_table_says_to_migrate(site: Site) -> None:
    site.rows("ALTER TABLE tickets.rejects RENAME TO gone")
    result = site("rejects", "list")
    assert result.code == 1
    reported = 'The database lacks a table of fleetfeed: relation "tickets.rejects" does not exist.'
    assert result.error_lines[0] == f"error:  {reported}"
    assert result.error_lines[1:] == [NOTHING, "next:   Run `fleetfeed migrate`."]


def test_without_the_right_to_create_postgis_migrate_names_the_step(site: Site, empty_url: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"CREATE ROLE limited_{name}".encode())
        connection.execute(f"ALTER DATABASE {name} SET role = limited_{name}".encode())
    plan = site("migrate", "--plan", DATABASE_URL=empty_url)
    assert plan.code == 0
    assert plan.out.endswith(
        "This user may not do the following, and `fleetfeed migrate` fails without it. First, an administrator runs:\n"
        "  -- create extension postgis\n  CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public;\n"
        "Nothing was written. After that: fleetfeed migrate\n"
    )
    (first, *_) = site("migrate", "--plan", "--json", DATABASE_URL=empty_url).document["steps"]
    assert first["by_hand"] == "CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public"
    result = site("migrate", DATABASE_URL=empty_url)
    assert result.code == 1
    assert result.error_lines[0].startswith(
        "error:  The database user lacks a right: permission denied to create extension"
    )
    assert result.error_lines[1:] == [
        NOTHING,
        "next:   Let an administrator run CREATE EXTENSION postgis in this database; then run again.",
    ]


@pytest.mark.parametrize(
    ("sql", "lost"),
    [
        ("DROP EXTENSION postgis CASCADE", "the extension postgis"),
        ("DELETE FROM tickets.schema_version", "the revision"),
        ("DROP TABLE tickets.geo_locations, tickets.import_runs CASCADE", "tickets.geo_locations, tickets.import_runs"),
    ],
)
def test_a_partial_restore_is_reported_by_migrate_and_doctor(site: Site, sql: str, lost: str) -> None:
    site.rows(sql)
    for args in (["migrate", "--plan"], ["migrate"]):
        result = site(*args)
        assert result.code == 1
        assert result.error_lines[0].startswith(
            f"error:  Of what fleetfeed has made in the database, {lost} is missing: "
        )
        assert result.error_lines[2].startswith("next:   Restore the whole dump into an empty database")
    (reported,) = [line for line in site("doctor").out.splitlines() if line.startswith("✗ database")]
    assert "no PostGIS extension" in reported or f"{lost} is missing" in reported
    site.rows("CREATE TABLE IF NOT EXISTS tickets.import_runs ()")  # what the end of the test looks at


@pytest.fixture(scope="module")
def guarded() -> Iterator[EmbeddedServer]:
    """A server that asks for a password."""
    with postgres() as server:
        hba = server.data / "pg_hba.conf"
        hba.write_text("local all app scram-sha-256\nlocal all nologin,crowded trust\n" + hba.read_text())
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute("CREATE ROLE app LOGIN PASSWORD 'the right word'")
            connection.execute("CREATE ROLE nologin NOLOGIN; CREATE ROLE crowded LOGIN CONNECTION LIMIT 0")
            connection.execute("SELECT pg_reload_conf()")
        yield server


@pytest.mark.parametrize(
    ("user", "cause", "next_step"),
    [
        ("nologin", "The database refused the login: ", "Let an administrator run ALTER ROLE … LOGIN, or"),
        ("crowded", "The database takes no more connections: ", "End sessions that nobody needs, or raise"),
    ],
)
def test_a_login_that_is_refused_is_reported_with_its_own_next_step(
    site: Site, guarded: EmbeddedServer, user: str, cause: str, next_step: str
) -> None:
    result = fails_somehow(site, guarded.url("postgres").replace("user=fleetfeed", f"user={user}"))
    assert result[0].startswith(f"error:  {cause}")
    assert result[2].startswith(f"next:   {next_step}")


class _WithoutTls(socketserver.BaseRequestHandler):
    """A server without TLS, as far as the question for it."""

    def handle(self) -> None:
        self.request.recv(8)
        self.request.sendall(b"N")


def test_a_server_without_tls_is_reported_where_tls_is_required(site: Site) -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), _WithoutTls) as server, serving(server):
        result = fails_somehow(site, f"postgresql://x@127.0.0.1:{server.server_address[1]}/x?sslmode=require")
    assert "server does not support SSL, but SSL was required" in result[0]
    assert result[2] == ("next:   Set up TLS on that server, or take sslmode out of DATABASE_URL (or PGSSLMODE away).")


@pytest.mark.parametrize("password", ["&password=a-canary-word", ""])
def test_a_wrong_password_is_reported_and_never_shown(site: Site, guarded: EmbeddedServer, password: str) -> None:
    url = guarded.url("postgres").replace("user=fleetfeed", f"user=app{password}")
    result = site("run", "inc", "--apply", DATABASE_URL=url)
    assert result.code == 1
    assert result.error_lines[0].startswith("error:  The database refused the password: ")
    assert result.error_lines[1:] == [NOTHING, "next:   Check the user and password in DATABASE_URL."]
    assert "a-canary-word" not in site("--debug", "run", "inc", "--apply", DATABASE_URL=url).err
