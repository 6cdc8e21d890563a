"""No secret that a command is given gets out of it, with servers that work and with servers that do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

from fleetfeed.database import connect
from fleetfeed.database.embedded.server import EmbeddedServer
from fleetfeed.database.schema.migrate import migrate
from tests.cli.canaries import CALLS, DATABASE, FORMS, MIGRATED, SECRET, echo, no_canary_got_out, try_all, world
from tests.cli.locationiq import TICKETS
from tests.cli.site import Site, Store
from tests.kit import FEED, MIGRATIONS, export, line
from tests.servers import postgres

LEAKY = f"""
import os
from fleetfeed import hookimpl

def leak():
    raise KeyError(*[text for text in os.environ.values() if "c4n4ry" in text])

@hookimpl
def feed_history(run):
    leak()

@hookimpl
def feed_ended(run):
    leak()

@hookimpl
def feed_filter(row):
    if row.key == "INC9":
        leak()

print({DATABASE!r}, {quote(SECRET)!r})
"""


@pytest.fixture(scope="module")
def guarded() -> Iterator[EmbeddedServer]:
    """A server that asks for the password."""
    with postgres() as server:
        hba = server.data / "pg_hba.conf"
        hba.write_text("local all canary scram-sha-256\n" + hba.read_text())
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            role = sql.SQL("CREATE ROLE canary SUPERUSER LOGIN PASSWORD {}").format(sql.Literal(DATABASE))
            connection.execute(role)
            connection.execute("SELECT pg_reload_conf()")
        with connect(server.create_database(MIGRATED), "template") as db:
            migrate(db, MIGRATIONS, [FEED])
        yield server


@pytest.fixture
def site(new_site: Callable[[Store], Site], moto_store: Store) -> Site:
    """A site on the server that takes any key."""
    made = new_site(moto_store)
    made.put(export(TICKETS) + line("INC9"))
    (made.folder / "places.csv").write_text("cluster,latitude,longitude\nKilimani,-1.29,36.78\n")
    return made


@pytest.mark.parametrize("form", FORMS)
def test_no_secret_gets_out_when_all_is_well(site: Site, guarded: EmbeddedServer, tmp_path: Path, form: str) -> None:
    with world(site, guarded, None, template="template0" if form == "text" else MIGRATED) as all_well:
        assert all_well("migrate") == 0
        assert all_well("run", "inc", "--apply", "--deadline", "1", "--file", "no such file.csv") != 0
        try:
            try_all(all_well, form, own_servers=form == "text")
        finally:
            site("db", "stop")
        assert {("loaded",), ("failed",)} <= {*site.rows("SELECT outcome FROM tickets.import_runs")}
        assert {asked.method for asked in all_well.servers[0].asked} == {"GET", "POST"}
        no_canary_got_out(all_well, tmp_path)


@pytest.mark.parametrize("form", FORMS)
def test_no_secret_gets_out_when_servers_refuse_and_repeat_it(
    site: Site, guarded: EmbeddedServer, tmp_path: Path, form: str
) -> None:
    with world(site, guarded, echo) as refusing:
        assert refusing("migrate") == 0
        try_all(refusing, form)
        outcomes = {outcome for (outcome,) in site.rows("SELECT outcome FROM tickets.import_runs")}
        assert outcomes == {"failed"}
        no_canary_got_out(refusing, tmp_path)


@pytest.mark.parametrize("form", FORMS)
def test_no_secret_gets_out_by_a_plugin_that_prints_and_raises_it(
    site: Site, guarded: EmbeddedServer, tmp_path: Path, form: str
) -> None:
    with world(site, guarded, None) as leaking:
        (site.folder / "feeds").mkdir()
        (site.folder / "feeds" / "leaky.py").write_text(LEAKY)
        text = (site.folder / "fleetfeed.toml").read_text()
        (site.folder / "fleetfeed.toml").write_text(text.replace("geocoders =", 'plugins = ["leaky"]\ngeocoders =', 1))
        assert leaking("migrate") == 0
        for args in CALLS["run"]:
            leaking(*FORMS[form], "run", *args)
        said = "".join(leaking.said)
        assert "core.history failed" not in said
        assert "Plugin leaky: `feed_history` raised KeyError" in said
        no_canary_got_out(leaking, tmp_path)


@pytest.mark.parametrize(
    ("form", "address", "said"),
    [
        ("json", f"postgresql://canary:{quote(DATABASE, safe='')}@127.0.0.1:1/fleetfeed", "cannot be reached"),
        ("text", f"postgresql://canary:{quote(DATABASE, safe='')}@[::1/fleetfeed", "makes no sense"),
        ("text", f"postgresql://canary:{DATABASE}@127.0.0.1:1/fleetfeed", "should be percent-encoded"),
        ("json", "", "refused the password"),
    ],
    ids=["down", "no address", "torn", "refused"],
)
def test_no_secret_gets_out_without_a_database(
    site: Site, guarded: EmbeddedServer, tmp_path: Path, form: str, address: str, said: str
) -> None:
    with world(site, guarded, None) as lost:
        assert lost("migrate") == 0
        wrong = site.env["DATABASE_URL"].replace("c4n4ryDatabase", "c4n4ryDatabase-of-another")
        site.env["DATABASE_URL"] = address or wrong
        try_all(lost, form)
        assert said in "".join(lost.said)
        no_canary_got_out(lost, tmp_path)
