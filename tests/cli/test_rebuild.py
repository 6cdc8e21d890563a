"""`fleetfeed rebuild`: plan, replay and drop from the command line; nothing else of fleetfeed shows it."""

from __future__ import annotations

import pytest

from tests.cli.prepared import Prepared
from tests.cli.site import Site
from tests.kit import export, line, ticket

LISTENER = """
from pathlib import Path
from fleetfeed import hookimpl

@hookimpl
def feed_history(feed): _note("history")

@hookimpl
def feed_ended(run): _note("ended")

@hookimpl
def feed_archive(feed): _note("archive")

def _note(what):
    with open("heard", "a") as file:
        file.write(what + " ")
"""


@pytest.fixture
def loaded(site: Site, prepared: Prepared) -> Site:
    """Load three exports, the last with a record that cannot be read."""
    return prepared.give(site, load)


def load(site: Site) -> None:
    for number, rows in enumerate((["T1", "T2"], ["T1", "T2", "T3"], ["T1", "T3"])):
        site.put(
            export(ticket(key, owner=f"{number}") for key in rows) + line("T4", "cut") * (number == 2), f"{number}.csv"
        )
        assert site("run", "inc", "--apply").code == 0


def test_a_plan_says_what_it_would_do_and_writes_nothing(loaded: Site) -> None:
    with loaded.untouched():
        result = loaded("rebuild", "inc")
    lines = result.out.splitlines()
    assert lines[0] == "inc would be rebuilt · nothing was written"
    assert lines[1].startswith("  exports  3 to replay, ")
    assert lines[-1] == "Next: fleetfeed rebuild inc --apply"
    plan = loaded("rebuild", "inc", "--json").document["plan"]
    assert (plan["exports"], plan["left"], plan["done"], plan["missing"]) == (3, 3, 0, [])


def test_it_replays_with_progress_and_leaves_the_feed_alone(loaded: Site) -> None:
    with loaded.untouched("import_meta", "ticket_changes", "rejects"):
        result = loaded("rebuild", "inc", "--apply")
    assert result.code == 0
    assert "inc__rebuild: 3 of 3 exports, 0:00:00 left: automations/inc/2.csv loaded" in result.err
    assert result.out.splitlines()[0] == "inc rebuilt · 3 exports replayed in all"
    assert result.out.splitlines()[1].startswith("  equal    3 tickets")
    proof = loaded("rebuild", "inc", "--apply", "--json").document["proof"]
    assert proof == {"equal": True, "explained": True, "loads": 3, "tickets": 3, "differences": []}
    assert loaded("rebuild", "inc", "--drop").out == "inc  dropped\n"
    assert loaded("rebuild", "inc", "--drop", "--json").document["dropped"] is False


def test_a_rebuild_of_nothing_says_that_there_is_nothing_to_replay(site: Site) -> None:
    assert site("rebuild", "inc").out.splitlines()[1] == "  exports  nothing to replay"
    assert site("rebuild", "inc", "--apply").out.splitlines()[0] == "inc rebuilt · there was nothing to replay"


def test_it_says_what_differs_and_why(loaded: Site) -> None:
    loaded.rows("UPDATE tickets.inc SET raw = raw || '{\"owner\": \"X\"}' WHERE ticket_id = 'T1'")
    result = loaded("rebuild", "inc", "--apply")
    assert result.code == 0
    assert " ".join(result.out.splitlines()[2].split()) == "tickets by hand 0 0 1"
    assert "  by hand: written, changed or deleted by no load\n" in result.out
    assert "A swap puts what is rebuilt in the place of what is live" in result.out
    (one,) = loaded("rebuild", "inc", "--apply", "--json").document["proof"]["differences"]
    assert one == {
        "part": "tickets", "cause": "by hand", "only_live": 0, "only_rebuilt": 0, "unlike": 1, "keys": ["T1"],
    }  # fmt: skip


def test_what_is_unexplained_exits_1(loaded: Site) -> None:
    loaded.rows("UPDATE tickets.inc_daily_snapshot SET observed_created = observed_created + 1")
    result = loaded("rebuild", "inc", "--apply")
    assert (result.code, "What is unexplained is never swapped in" in result.out) == (1, True)


def test_nothing_else_shows_it(loaded: Site) -> None:
    views = [
        ("status",),
        ("health",),
        ("metrics",),
        ("doctor",),
        ("plugins",),
        ("rejects", "list"),
        ("migrate", "--plan"),
    ]
    loaded("rebuild", "inc", "--apply")
    assert [words for words in views if "__rebuild" in (result := loaded(*words)).out + result.err] == []
    assert [words for words in views[:3] if "__" in loaded(*words).out] == []


def test_listeners_hear_nothing_of_it(site: Site) -> None:
    site.listen(listener=LISTENER)
    site.put([ticket("T1")])
    assert site("run", "inc", "--apply").code == 0
    heard = (site.folder / "heard").read_text()
    assert set(heard.split()) == {"history", "ended", "archive"}
    assert site("rebuild", "inc", "--apply").code == 0
    assert (site.folder / "heard").read_text() == heard


def test_a_swap_needs_the_causes_by_name(loaded: Site) -> None:
    assert loaded("rebuild", "inc", "--swap").code == 2
    loaded.rows("UPDATE tickets.inc SET raw = raw || '{\"owner\": \"X\"}' WHERE ticket_id = 'T1'")
    result = loaded("rebuild", "inc", "--apply")
    assert result.out.splitlines()[-1].startswith('Next: fleetfeed rebuild inc --swap --accept "by hand"   # or: ')
    refused = loaded("rebuild", "inc", "--swap")
    assert (refused.code, "not accepted: by hand" in refused.err) == (1, True)
    done = loaded("rebuild", "inc", "--swap", "--accept", "by hand", "--json").document
    assert (done["swapped"], done["proof"]["explained"]) == (True, True)
    assert loaded.rows("SELECT owner FROM tickets.inc WHERE ticket_id = 'T1'") == [("2",)]


@pytest.mark.parametrize(
    "args",
    [("--apply", "--drop"), ("--swap", "--drop"), ("--accept", "rules"), ("--swap", "--accept", "unexplained")],
)
def test_usage(loaded: Site, args: tuple[str, ...]) -> None:
    assert loaded("rebuild", "inc", *args).code == 2


def test_help_and_error_offer_no_cause_that_cannot_be_accepted(site: Site) -> None:
    for result in (site("rebuild", "--help"), site("rebuild", "inc", "--swap", "--accept", "unexplained")):
        said = result.out + result.err.replace("unexplained", "", 1)
        assert ("many" in said, "unexplained" in said) == (True, False), said


def test_a_backfill_takes_what_was_never_loaded(loaded: Site) -> None:
    loaded.put([ticket("T1")], "3.csv")
    loaded.put([ticket("T2")], "4.csv")
    assert loaded("run", "inc", "--apply").code == 0
    plan = loaded("backfill", "inc", "--from", "2000-01-01", "--json").document["plan"]
    assert plan["left"] == 5
    reported = loaded("backfill", "inc", "--from", "2000-01-01", "--to", "2100-01-01").out.splitlines()
    assert reported[2].strip() == "of these 1 were never loaded"
    assert reported[-1] == (
        "Next: fleetfeed backfill inc --from 2000-01-01T00:00:00+03:00 --to 2100-01-01T00:00:00+03:00 --apply"
    )
    nothing = loaded("backfill", "inc", "--from", "2100-01-01").out.splitlines()[-1]
    assert nothing == "Each export of that time is loaded: there is nothing to backfill."
    assert "it is before --from" in loaded("backfill", "inc", "--from", "2026-11-12", "--to", "2026-11-11").err
    assert loaded("backfill", "inc", "--from", "2000-01-01", "--apply").code == 0
    assert loaded("backfill", "inc", "--from", "soon").code == 2
