"""What is older than [retention] says is deleted on demand, but nothing that a law, a capture or a replay needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.prepared import Prepared
from tests.cli.site import Site, Store
from tests.kit import export, line, ticket

RETENTION = '\n[retention]\nruns = "30d"\nrejects = "30d"\nchanges = "30d"\n'
HISTORY = ("closure_events", "closure_teams", "inc_daily_snapshot", "exports", "inc")
AGED = """
UPDATE tickets.import_runs SET started_at = started_at - interval '60 days';
UPDATE tickets.ticket_changes SET observed_at = observed_at - interval '60 days';
UPDATE tickets.rejects
SET resolved_at = resolved_at - interval '60 days', last_seen_at = last_seen_at - interval '60 days';
"""


@pytest.fixture
def site(new_site: Callable[[Store], Site], rclone_store: Store, prepared: Prepared) -> Site:
    """Give a site with two loads, two looks, and two rejects of the second load, the first of them settled."""
    made = new_site(rclone_store)
    made.write(more=RETENTION)
    return prepared.give(made, load)


def load(site: Site) -> None:
    site.put([ticket("T1"), ticket("T2", normalized_status="closed", closed_at="2026-11-19 09:00:00")], "a.csv")
    site("run", "inc", "--apply")
    site.put(export([ticket("T1", owner="Ann")]) + line("T9", "x") + line("T8", "y"), "b.csv")
    site("run", "inc", "--apply")
    site("run", "inc", "--apply")
    site("run", "inc", "--apply")
    site("rejects", "discard", "1")


def counts(site: Site) -> dict[str, int]:
    names = ("import_runs", "rejects", "ticket_changes")
    return {name: site.rows(f"SELECT count(*) FROM tickets.{name}")[0][0] for name in names}


def pruned(site: Site, *args: str) -> dict[str, Any]:
    (found,) = site("prune", *args, "--json").document["feeds"]
    return {name: found[name] for name in ("runs", "rejects", "changes")}


def test_what_is_old_is_counted_then_deleted_and_what_is_needed_stays(site: Site) -> None:
    site.rows(AGED)
    history = {name: site.rows(f"SELECT t::text FROM tickets.{name} t ORDER BY 1") for name in HISTORY}
    before, meta = counts(site), site.rows("SELECT metadata FROM tickets.import_meta")
    with site.untouched():
        reported = pruned(site)
        assert "Nothing was deleted. The same command with --apply does it." in site("prune").out
    # Kept: the load of b.csv (the last one, and of an open reject), the last look, and the changes of the open ticket.
    assert reported == {"runs": 2, "rejects": 1, "changes": before["ticket_changes"] - 2}
    assert pruned(site, "inc", "--apply") == reported
    assert counts(site) == {"import_runs": 2, "rejects": 1, "ticket_changes": 2}
    assert site.rows("SELECT run_id FROM tickets.import_runs ORDER BY 1") == [(2,), (4,)]
    assert site.rows("SELECT run_id FROM tickets.captured_runs") == [(2,)]
    assert {name: site.rows(f"SELECT t::text FROM tickets.{name} t ORDER BY 1") for name in HISTORY} == history
    # Noted: the last run that has lost a change, before which the past cannot be given back.
    assert site.rows("SELECT metadata - 'pruned_run' FROM tickets.import_meta") == meta
    assert site.rows("SELECT metadata -> 'pruned_run' FROM tickets.import_meta") != [(None,)]
    assert pruned(site, "--apply") == {"runs": 0, "rejects": 0, "changes": 0}


def test_an_age_is_reported_in_the_unit_of_the_setting(site: Site) -> None:
    site.write(more=RETENTION.replace("30d", "1s", 1).replace("30d", "36h", 1))
    reported = site("prune").out
    assert "runs older than 1 s would be deleted" in reported
    assert "resolved rejects older than 36 h would be deleted" in reported
    assert "changes of tickets older than 30 days would be deleted" in reported


def test_what_is_young_stays(site: Site) -> None:
    assert pruned(site, "--apply") == {"runs": 0, "rejects": 0, "changes": 0}


def test_a_settled_record_that_exports_still_hold_stays_settled(site: Site) -> None:
    site.rows(AGED + "UPDATE tickets.rejects SET last_seen_at = now()")
    assert pruned(site, "--apply")["rejects"] == 0
    site.put(export([ticket("T1", owner="Ann")]) + line("T9", "x"), "c.csv")
    site("run", "inc", "--apply")
    assert site.rows("SELECT times, resolution FROM tickets.rejects WHERE reject_id = 1") == [(2, "discarded")]


def test_prune_keeps_the_loads_that_open_rejects_depend_on(site: Site) -> None:
    site.put([ticket("T1", owner="Bea")], "c.csv")
    site("run", "inc", "--apply")
    site.put([ticket("T1", owner="Cy")], "d.csv")
    site("run", "inc", "--apply")
    site.rows(AGED)
    pruned(site, "--apply")
    assert site.rows("SELECT run_id FROM tickets.import_runs WHERE outcome = 'loaded'") == [(2,), (5,), (6,)]


def test_the_laws_hold_after_it(site: Site) -> None:
    site.rows(AGED)
    pruned(site, "--apply")
    before = site.state()["inc"]
    site.put([ticket("T1", owner="Ann")], "c.csv")
    assert site("run", "inc", "--apply").code == 0
    assert site.state()["inc"] == before
    assert site("rejects", "replay", "2").code == 0
    assert site("explain", "inc", "T1").code == 0
    assert site("status", "inc").code in (0, 3)


def test_loads_that_were_not_captured_yet_stay_with_their_changes(site: Site) -> None:
    site.rows(AGED + "DELETE FROM tickets.captured_runs WHERE run_id = 1")
    assert pruned(site, "--apply") == {"runs": 1, "rejects": 1, "changes": 0}


def test_a_run_whose_export_lies_in_the_bucket_still_stays(site: Site) -> None:
    site.rows(AGED + "UPDATE tickets.exports SET state = 'loaded', archived_key = NULL WHERE key LIKE '%a.csv'")
    assert pruned(site) == {"runs": 1, "rejects": 1, "changes": 1}


def test_without_retention_everything_is_kept(site: Site) -> None:
    site.write()
    site.rows(AGED)
    assert "Nothing else is ever deleted" in site("prune", "--apply").out
    assert counts(site)["import_runs"] == 4


HOLDS = """
INSERT INTO tickets.units (unit) VALUES ('van-1');
INSERT INTO tickets.dispatch_holds (feed, ticket_id, unit, kind, made_at, until, by, why) VALUES
    (NULL, NULL, 'van-1', 'off', now() - interval '2 h', now() - interval '1 h', 'A', 'ill'),
    ('inc', 'T1', NULL, 'off', now() - interval '2 h', now() - interval '1 h', 'A', 'flood'),
    ('water', 'T1', NULL, 'off', now() - interval '2 h', now() - interval '1 h', 'A', 'of another feed'),
    ('inc', 'T1', NULL, 'off', now(), now() + interval '1 h', 'A', 'it counts')
"""


def test_holds_that_have_ended_are_deleted(site: Site) -> None:
    site.write()
    site.rows(HOLDS)
    assert "2 ended holds would be deleted" in site("prune").out
    assert site("prune", "--json").document["holds"] == 2
    assert "2 ended holds deleted" in site("prune", "--apply").out
    assert site.rows("SELECT why FROM tickets.dispatch_holds ORDER BY 1") == [("it counts",), ("of another feed",)]


def test_a_member_of_the_owner_may_prune(site: Site) -> None:
    site.rows(AGED)
    assert site("prune", "--apply", PGOPTIONS="-c role=fleetfeed_owner").code == 0
    assert counts(site)["import_runs"] == 2


def test_the_loader_may_not_prune_and_is_reported_so(site: Site) -> None:
    site.rows(AGED)
    refused = site("prune", "--apply", PGOPTIONS="-c role=fleetfeed_loader")
    assert refused.code == 1
    assert "permission denied for table import_runs" in refused.err
    assert counts(site)["import_runs"] == 4


@pytest.mark.parametrize("value", ["never", "30", "0d"])
def test_a_retention_that_makes_no_sense_is_named(site: Site, value: str) -> None:
    site.write(more=RETENTION.replace("30d", value, 1))
    refused = site("prune")
    assert (refused.code, 'retention.runs: should be "forever" or a duration such as "400d"' in refused.err) == (
        2,
        True,
    )
