"""`fleetfeed health`: one line a feed, and an exit code that a monitor can rely upon."""

from __future__ import annotations

import re
import shlex

import pytest

from fleetfeed.database.schema.current import head
from tests.cli.notified import DOWN
from tests.cli.site import Site
from tests.cli.test_status import ago, written
from tests.kit import MIGRATIONS, ticket

TWO = '\n[feeds.crq]\nsource = "file:///nowhere/"\narchive = false\n'
COOLIFY = r"[a-zA-Z0-9 \-_./:=@,+]{1,1000}"  # all that a health check of type CMD may hold


def looked(site: Site, checked: int, source: int = 30) -> None:
    """Let the ledger say that an export written `source` minutes ago was looked at `checked` minutes ago."""
    written(site, source_key="x.csv", source_last_modified=ago(minutes=source), checked_at=ago(minutes=checked))


def test_before_the_first_load_nothing_is_known_which_is_no_alarm(site: Site) -> None:
    result = site("health")
    assert (result.code, result.out, result.err) == (0, "inc: unknown; none is loaded yet, checked never\n", "")
    site("run", "inc", "--apply")
    assert site("health").out == "inc: unknown; none is loaded yet, checked just now\n"


@pytest.mark.parametrize(
    ("checked", "source", "args", "code", "said"),
    [
        (50, 55, (), 0, "fresh; checked 50 min ago, its export was written 55 min ago"),
        (61, 62, (), 3, "STALE; fleetfeed stopped: the last check is too long ago; next: "),
        (61, 62, ("--max-age", "90"), 0, "fresh; "),
        (91, 92, ("--max-age", "90"), 3, "STALE; fleetfeed stopped: "),
        (20, 22, ("--max-age", "10"), 3, "STALE; fleetfeed stopped: "),
        (5, 27 * 60, (), 3, "STALE; exporter stopped: the last check found an old export; next: "),
        (5, 27 * 60, ("--max-age", "90"), 3, "STALE; exporter stopped: "),
    ],
)
def test_a_feed_is_judged_by_the_database_and_max_age_is_for_this_call(
    site: Site, checked: int, source: int, args: tuple[str, ...], code: int, said: str
) -> None:
    looked(site, checked, source)
    result = site("health", *args)
    (line,) = result.out.splitlines()
    assert (result.code, line.startswith(f"inc: {said}")) == (code, True), line
    if not args:
        assert site("status").code == code


def test_at_night_nothing_is_expected_and_max_age_counts_the_same_hours(site: Site) -> None:
    site.rows("INSERT INTO tickets.feed_settings VALUES ('inc', 1, '60 min', '26 h', 'Africa/Nairobi', '{}', '{}')")
    looked(site, 600, 610)
    assert [site("health", *args).code for args in ((), ("--max-age", "1"))] == [0, 0]


def test_one_document_tells_the_same_freshness_as_status(site: Site) -> None:
    site.write(more=TWO)
    looked(site, 95, 100)
    result = site("health", "--json")
    inc, crq = result.document["feeds"]
    assert result.code == 3
    assert (inc["feed"], inc["freshness"]["reason"], crq["feed"]) == ("inc", "fleetfeed stopped", "crq")
    assert (crq["freshness"]["state"], crq["freshness"].keys()) == ("unknown", inc["freshness"].keys())
    assert site("status", "inc", "--json").document["feeds"][0]["freshness"] == inc["freshness"]


def test_only_the_feeds_that_are_asked_for_count(site: Site) -> None:
    site.write(more=TWO)
    looked(site, 95)
    assert (site("health", "crq").code, site("health", "crq", "inc").code) == (1, 3)
    assert [line.split(":")[0] for line in site("health").out.splitlines()] == ["inc", "crq"]


def test_a_feed_without_a_table_is_unknown_and_migrate_is_the_next_step(site: Site) -> None:
    site.write(more=TWO)
    result = site("health")
    assert (result.code, len(result.out.splitlines())) == (1, 2)
    assert result.error_lines[0] == "error:  Feed crq has no table yet."
    assert result.error_lines[-1] == "next:   Run `fleetfeed migrate`."
    assert (site("health", "inc").code, site("health", "--json").code) == (0, 1)


def test_a_feed_whose_plugin_is_broken_is_judged_all_the_same(site: Site) -> None:
    (site.folder / "feeds").mkdir()
    (site.folder / "feeds" / "inc.py").write_text("import no_such_module\n")
    looked(site, 95)
    assert site("health").code == 3


def test_nobody_can_tell_without_a_database_or_before_migrate(site: Site, empty_url: str) -> None:
    down = site("health", "--max-age", "90", **DOWN)
    assert (down.code, down.out) == (1, "")
    assert down.error_lines[0].startswith("error:  The database cannot be reached: ")
    bare = site("health", DATABASE_URL=empty_url)
    cause = f"error:  The database is at revision none, this fleetfeed needs {head(MIGRATIONS)}."
    assert (bare.code, bare.error_lines[0]) == (1, cause)


def test_a_wrong_configuration_is_2(site: Site) -> None:
    unknown, none, zero = (site("health", "ink"), site("health", DATABASE_URL=None), site("health", "--max-age", "0"))
    assert (unknown.code, none.code, zero.code) == (2, 2, 2)
    assert "did you mean `inc`?" in unknown.error_lines[0]


def test_the_documented_health_check_works_as_printed(site: Site) -> None:
    site.put([ticket("INC1")])
    site("run", "inc", "--apply")
    line = "fleetfeed health --max-age 90"
    assert re.fullmatch(COOLIFY, line)
    result = site.ended(site.process(*shlex.split(line)[1:]))
    assert (result.code, result.err) == (0, "")
    assert result.out == "inc: fresh; checked just now, its export was written just now\n"
