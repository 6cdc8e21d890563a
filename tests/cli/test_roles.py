"""What each command needs: the rights of fleetfeed_loader, and of fleetfeed_reader where those are enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.cli.locationiq import BOTH, TICKETS, provider
from tests.cli.site import Result, Site
from tests.kit import line, ticket

LOGIN = "fleetfeed_test_login"


@pytest.fixture
def acting(site: Site) -> Iterator[Callable[[str], Callable[..., Result]]]:
    """Give the command line of a site, with a login of its own that has the rights of one group and no others."""
    with psycopg.connect(site.url, autocommit=True) as admin:
        admin.execute("DO $$ BEGIN CREATE ROLE fleetfeed_test_login; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        (who,) = admin.execute("SELECT rolsuper FROM pg_roles WHERE rolname = %s", [LOGIN]).fetchone() or ()
        assert not who

        def call(*args: str, **env: str | None) -> Result:
            return site(*args, PGOPTIONS=f"-c role={LOGIN}", **env)

        def member(group: str) -> Callable[..., Result]:
            admin.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), sql.Identifier(LOGIN)))
            return call

        yield member
        admin.execute("REVOKE fleetfeed_loader, fleetfeed_reader FROM fleetfeed_test_login")
        admin.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(LOGIN)))


@pytest.fixture
def loader(acting: Callable[[str], Callable[..., Result]]) -> Callable[..., Result]:
    return acting("fleetfeed_loader")


@pytest.fixture
def reader(site: Site, acting: Callable[[str], Callable[..., Result]]) -> Callable[..., Result]:
    site.put([ticket("T1")])
    assert site("run", "inc", "--apply").code == 0
    return acting("fleetfeed_reader")


def test_runs_looks_and_archiving(site: Site, loader: Callable[..., Result]) -> None:
    site.put([ticket("T1"), ticket("T2")])
    assert loader("run", "inc").code == 0
    done = loader("run", "--all", "--apply", "--json").run
    assert (done["outcome"], done["rows"]["inserted"], done["warnings"]) == ("loaded", 2, [])
    assert len(done["archived"]) == 1
    assert loader("run", "inc", "--apply").code == 0
    site.put([ticket("T1", normalized_status="closed", closed_at="2026-11-20 09:00:00")])
    assert loader("run", "inc", "--apply", "--json").run["warnings"] == []
    assert site.rows("SELECT ticket_id FROM tickets.closure_events") == [("T1",)]


def test_geocoding_within_a_run_and_by_itself(site: Site, loader: Callable[..., Result]) -> None:
    site.put(TICKETS)
    with provider(site):
        assert loader("run", "inc", "--apply", *BOTH).code == 0
        assert loader("geocode", "inc", "--clusters", "--locations").code == 0
    assert site.rows("SELECT count(*) > 0 FROM tickets.inc WHERE geom IS NOT NULL") == [(True,)]


@pytest.mark.parametrize(
    "args",
    [
        ("status",),
        ("health",),
        ("health", "--max-age", "60"),
        ("metrics",),
        ("capture", "inc"),
        ("doctor",),
        ("explain", "inc", "T1"),
        ("export", "inc", "--csv"),
        ("places", "list"),
        ("units", "import", "units.csv"),
        ("units", "import", "units.csv", "--apply"),
        ("rejects", "list"),
        ("rejects", "show", "1"),
        ("rejects", "replay", "--all", "inc"),
        ("rejects", "replay", "--all", "inc", "--apply"),
        ("rejects", "discard", "1"),
        ("prune",),
    ],
    ids=" ".join,
)
def test_all_that_looks_and_settles(site: Site, loader: Callable[..., Result], args: tuple[str, ...]) -> None:
    site.put(b"".join([site.put([ticket("T1")]), line("T9", "x")]))
    site("run", "inc", "--apply", "--no-archive")
    (site.folder / "units.csv").write_text("unit,team\nvan-1,Field A\n")
    result = loader(*args)
    assert result.code == 0, result.err + result.out


def test_what_changes_the_schema_or_deletes_is_not_the_loaders(site: Site, loader: Callable[..., Result]) -> None:
    site.rows("INSERT INTO tickets.units (unit) VALUES ('van-1')")
    assert loader("units", "forget", "van-1").code == 1
    for args in (["migrate", "--plan"], ["migrate"]):
        refused = loader(*args)
        assert refused.code == 1
        assert refused.error_lines[0] == (
            f"error:  {LOGIN} is a login that loads (a member of fleetfeed_loader): it may not run `migrate`."
        )
        assert "DATABASE_URL of a member of fleetfeed_owner" in refused.error_lines[2]
        assert "GRANT" not in refused.out + refused.err


@pytest.mark.parametrize("args", [("units", "list"), ("nearest", "inc", "--at", "-1.29,36.80")], ids=" ".join)
def test_a_reader_sees_units_and_what_is_nearest(reader: Callable[..., Result], args: tuple[str, ...]) -> None:
    reported = reader(*args)
    assert (reported.code, reported.err) == (0, "")


@pytest.mark.parametrize("args", [("--map",), ("--dashboard",)])
def test_a_reader_exports_what_it_may_read(site: Site, reader: Callable[..., Result], args: tuple[str, ...]) -> None:
    reported = reader("export", "inc", *args)
    assert (reported.code, '"T1"' in reported.out) == (0, True), reported.err


def test_a_reader_hears_the_same_of_freshness_as_everybody(site: Site, reader: Callable[..., Result]) -> None:
    reported, known = ({**_freshness(call)} for call in (reader, site))
    times = ("source_last_modified", "loaded_at", "checked_at")  # a reader's are written in the feed's own zone
    for name in times:
        assert datetime.fromisoformat(reported.pop(name)) == datetime.fromisoformat(known.pop(name))
    assert reported == known
    site.rows('UPDATE tickets.import_meta SET metadata = metadata || \'{"checked_at": "2020-01-01T00:00:00Z"}\'')
    assert (reader("health").code, reader("health").out) == (3, site("health").out)


def _freshness(call: Callable[..., Result]) -> dict[str, Any]:
    (feed,) = call("health", "--json").document["feeds"]
    return dict(feed["freshness"])


@pytest.mark.parametrize(
    "args", [("export", "inc", "--csv"), ("status",), ("metrics",), ("health", "--max-age", "60"), ("run", "inc")]
)
def test_commands_that_read_tables_name_the_role_a_reader_lacks(
    reader: Callable[..., Result], args: tuple[str, ...]
) -> None:
    refused = reader(*args)
    assert (refused.code, "lacks a right: permission denied for" in refused.err) == (1, True)
    assert "grant this user fleetfeed_loader; fleetfeed_reader for the map" in refused.err


def test_a_login_without_any_role_is_reported_which_it_needs(
    site: Site, acting: Callable[[str], Callable[..., Result]]
) -> None:
    call = acting("pg_signal_backend")
    for args in (("export", "inc", "--map"), ("health",)):
        refused = call(*args)
        assert (refused.code, "grant this user fleetfeed_loader" in refused.err) == (1, True)
