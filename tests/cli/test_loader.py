"""Every command that an operator schedules works with the rights of fleetfeed_loader, and none needs more."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import sql

from tests.cli.locationiq import BOTH, TICKETS, provider
from tests.cli.site import Result, Site
from tests.kit import line, ticket

LOGIN = "fleetfeed_test_login"


@pytest.fixture
def loader(site: Site) -> Iterator[Callable[..., Result]]:
    """Give the command line of a site, with a login of its own that has the loader's rights and no others."""
    with psycopg.connect(site.url, autocommit=True) as admin:
        admin.execute(
            "DO $$ BEGIN CREATE ROLE fleetfeed_test_login IN ROLE fleetfeed_loader; "
            "EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        )
        (who,) = admin.execute("SELECT rolsuper FROM pg_roles WHERE rolname = %s", [LOGIN]).fetchone() or ()
        assert not who

    def call(*args: str, **env: str | None) -> Result:
        return site(*args, PGOPTIONS=f"-c role={LOGIN}", **env)

    yield call
    with psycopg.connect(site.url, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(LOGIN)))


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
        ("capture", "inc"),
        ("doctor",),
        ("explain", "inc", "T1"),
        ("export", "inc", "--csv"),
        ("places", "list"),
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
    result = loader(*args)
    assert result.code == 0, result.err + result.out


def test_what_changes_the_schema_or_deletes_is_not_the_loaders(site: Site, loader: Callable[..., Result]) -> None:
    for args in (["migrate", "--plan"], ["migrate"]):
        refused = loader(*args)
        assert refused.code == 1
        assert refused.told[0] == (
            f"error:  {LOGIN} is a login that loads (a member of fleetfeed_loader): `migrate` is not its to run."
        )
        assert "DATABASE_URL of a member of fleetfeed_owner" in refused.told[2]
        assert "GRANT" not in refused.out + refused.err
