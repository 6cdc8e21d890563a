"""The commands beside `run`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fleetfeed.database.embedded.server import EmbeddedServer
from tests.cli.site import INBOX, PROCESSED, Site
from tests.kit import ROOT, ticket


def test_migrate_plans_does_and_finds_nothing_more_to_do(site: Site, empty_url: str) -> None:
    plan = site("migrate", "--plan", DATABASE_URL=empty_url)
    assert plan.code == 0
    assert [line for line in plan.out.splitlines() if not line.startswith("  create role ")] == [
        "  bring the core's objects to head (Alembic)",
        '  create or compare table tickets."inc"',
        "  set when feed inc is stale",
        "  grant fleetfeed_owner, fleetfeed_loader, fleetfeed_reader, fleetfeed_dispatcher what docs/database.md says",
        "Nothing was written. To do it: fleetfeed migrate",
    ]
    assert site("status", DATABASE_URL=empty_url).code == 1
    done = site("migrate", DATABASE_URL=empty_url)
    assert (done.code, done.out.splitlines()[-1][:6]) == (0, "Done: ")
    assert done.out.endswith(" steps. Next: fleetfeed run --all\n")
    again = site("migrate", DATABASE_URL=empty_url)
    assert again.out == "The database is up to date; nothing to do.\n"
    assert site("migrate", "--plan", DATABASE_URL=empty_url).out == again.out


def test_plugins_tells_each_name_what_it_declares_and_where_it_lies(site: Site) -> None:
    result = site("plugins")
    assert result.code == 0
    assert result.out.splitlines()[0].split() == ["core.source", "feed_source", "fleetfeed"]
    assert ["inc", "feed", str(ROOT / "feeds" / "inc")] in [text.split() for text in result.out.splitlines()]
    found = {row["name"]: row for row in site("plugins", "--json").document["plugins"]}
    assert found["inc"] == {
        "name": "inc",
        "origin": str(ROOT / "feeds" / "inc"),
        "feed": True,
        "hooks": [],
        "shadows": None,
        "error": None,
    }


def test_a_broken_plugin_is_named_and_stops_only_those_who_need_it(site: Site) -> None:
    (site.folder / "feeds").mkdir()
    (site.folder / "feeds" / "crq.py").write_text("import no_such_module\n")
    site.write(more='\n[feeds.crq]\nsource = "file:///nowhere/"\narchive = false\n')
    site.put([ticket("INC1")])
    assert "BROKEN: " in site("plugins").out
    result = site("run", "--all", "--apply", "--json")
    runs = {run["feed"]: run for run in result.document["runs"]}
    assert result.code == 2
    assert (runs["inc"]["outcome"], runs["crq"]["outcome"]) == ("loaded", "failed")
    assert runs["crq"]["error"]["cause"] == (
        f"Plugin crq cannot be loaded: {site.folder}/feeds/crq.py, line 1: "
        "ModuleNotFoundError: No module named 'no_such_module'."
    )


def test_config_show_lists_settings_and_origins_but_no_secret(site: Site) -> None:
    result = site("config", "show")
    assert result.out.startswith(f"{site.folder}/fleetfeed.toml\n\n")
    reported = {cells[0]: cells[1:3] for cells in map(str.split, result.out.splitlines()) if len(cells) > 2}
    assert reported["store.secret_key"] == ["***", "environment"]
    assert reported["project.timezone"] == ["Africa/Nairobi", "fleetfeed.toml"]
    settings = {row["key"]: row for row in site("config", "show", "--json").document["settings"]}
    assert settings["feeds.inc.source"]["variable"] == "FLEETFEED_FEEDS__INC__SOURCE"
    assert settings["store.secret_key"]["value"] == "***"


def test_there_being_no_rejects_is_reported(site: Site) -> None:
    assert site("rejects", "list").out == "There are no rejects.\n"
    result = site("rejects", "show", "7")
    assert (result.code, result.error_lines[0]) == (2, "error:  There is no reject 7.")


@pytest.fixture
def embedded(site: Site) -> Iterator[Site]:
    site.env["DATABASE_URL"] = "embedded"
    yield site
    EmbeddedServer(site.folder / ".fleetfeed").stop("immediate")


def test_the_embedded_server_is_started_looked_at_and_stopped(embedded: Site) -> None:
    before = embedded("db", "status", "--json").document["server"]
    assert (before["running"], before["pid"], before["version"]) == (False, None, "")
    started = embedded("db", "start")
    assert (started.code, started.out[:29], started.err) == (0, "running: postgresql:///fleetf", "")
    unused = embedded("db", "start", DATABASE_URL="postgresql:///elsewhere")
    assert unused.err == "warning: no other command uses it: DATABASE_URL names another database\n"
    reported = embedded("db", "status").out.splitlines()
    assert [text.split()[0] for text in reported] == ["running", "version", "data", "log", "pid", "url"]
    assert f"running: {reported[-1].split()[1]}\n" == started.out
    assert embedded("migrate").code == 0
    embedded.put([ticket("INC1")])
    assert embedded("run", "inc", "--apply", "--json").run["rows"]["inserted"] == 1
    assert embedded("db", "stop").out == "stopped\n"
    assert embedded("db", "status", "--json").document["server"]["running"] is False


KEEP = """
from fleetfeed import hookimpl

@hookimpl
def feed_archive(feed, bucket, archive, run):
    return [f"{archive.url}{run.snapshot.stored.key} stays"]
"""


def test_a_plugin_that_answers_feed_archive_does_so_instead_of_the_core(site: Site) -> None:
    (site.folder / "feeds").mkdir()
    (site.folder / "feeds" / "keep.py").write_text(KEEP)
    site.write(more='plugins = ["keep"]\n')
    site.put([ticket("INC1")])
    run = site("run", "inc", "--apply", "--json").run
    assert run["archived"] == [f"s3://{site.bucket}/{PROCESSED}{INBOX}export.csv stays"]
    assert list(site.objects()) == ["export.csv"]
