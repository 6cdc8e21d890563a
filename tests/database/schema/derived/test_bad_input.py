"""What makes no sense is refused with a hint; what only finds nothing is answered with nothing."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from fleetfeed.database import Database
from tests.database.schema.derived.kit import dashboard, done, keys, on_map, put
from tests.database.schema.derived.payloads import DASHBOARD, MAP, wrong
from tests.kit import Bench, ticket

_FROM, _TO = "2026-11-10 00:00+03", "2026-11-20 00:00+03"
REFUSED: dict[str, tuple[str, list[Any], str, str]] = {
    "an unknown window": ("p_window => %s", ["2w"], "there is no window '2w'", "24h, 7d, 30d, 90d or custom"),
    "an empty window": ("p_window => %s", [""], "there is no window ''", "24h, 7d, 30d, 90d or custom"),
    "a window in capitals": ("p_window => %s", ["7D"], "there is no window '7D'", "24h, 7d, 30d, 90d or custom"),
    "a window of SQL": ("p_window => %s", ["'; DROP TABLE x; --"], "there is no window", "24h, 7d, 30d, 90d or custom"),
    "custom without times": ("p_window => %s", ["custom"], "needs p_from and p_to", "Pass two times"),
    "custom without an end": ("p_window => 'custom', p_from => %s", [_FROM], "needs p_from and p_to", "Pass two times"),
    "an endless window": (
        "p_window => 'custom', p_from => %s, p_to => %s",
        [_FROM, "infinity"],
        "needs p_from and p_to",
        "Pass two times",
    ),
    "from after to": (
        "p_window => 'custom', p_from => %s, p_to => %s",
        [_TO, _FROM],
        "p_from is not before p_to",
        "the earlier time as p_from",
    ),
    "from at to": (
        "p_window => 'custom', p_from => %s, p_to => %s",
        [_TO, _TO],
        "p_from is not before p_to",
        "the earlier time as p_from",
    ),
    "a window of a century": (
        "p_window => 'custom', p_from => %s, p_to => %s",
        ["1926-11-20", _TO],
        "longer than ten years",
        "a shorter one",
    ),
    "a window of a megabyte": ("p_window => %s", ["7" * 1_000_001], "there is no window '777", "24h, 7d"),
    "a cluster of a megabyte": ("p_cluster => %s", ["é" * 500_001], "p_cluster is longer than 1,000,000", "a name as"),
    "a status of a megabyte": ("p_status => %s", ["x" * 1_000_001], "p_status is longer than 1,000,000", "a name as"),
    "times without custom": ("p_from => %s, p_to => %s", [_FROM, _TO], "go with p_window custom only", "custom"),
}


@pytest.mark.parametrize(("arguments", "values", "cause", "hint"), REFUSED.values(), ids=REFUSED.keys())
def test_a_window_that_makes_no_sense_is_refused(
    db: Database, arguments: str, values: list[Any], cause: str, hint: str
) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue) as refused:
        db.connection.execute(f"SELECT reporting.fn_inc_dashboard({arguments})", values)

    assert refused.value.sqlstate == "22023"
    assert cause in (refused.value.diag.message_primary or "")
    assert hint in (refused.value.diag.message_hint or "")


@pytest.mark.parametrize(
    ("arguments", "cause", "hint"),
    [
        ({"p_feed": "crq"}, "there is no feed 'crq'", "p_feed is one of: inc."),
        ({"p_feed": "inc_map(null,null,1); --"}, "there is no feed", "p_feed is one of: inc."),
        ({"p_limit": -1}, "p_limit is no count", "0 or more"),
        ({"p_limit": None}, "p_limit is no count", "0 or more"),
        ({"p_limit": 100_001}, "p_limit is more than 100,000", "Pass less"),
        ({"p_cluster": "x" * 1_000_001}, "p_cluster is longer than 1,000,000 bytes", "a name as the tickets have it"),
        ({"p_status": "x" * 1_000_001}, "p_status is longer than 1,000,000 bytes", "a name as the tickets have it"),
        ({"p_feed": "x" * 1_000_001}, "there is no feed 'x{100}'", "p_feed is one of: inc."),
    ],
)
def test_a_map_that_makes_no_sense_is_refused(db: Database, arguments: dict[str, Any], cause: str, hint: str) -> None:
    named = ", ".join(f"{name} => %s" for name in arguments)
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=cause) as refused:
        db.connection.execute(f"SELECT reporting.fn_tickets_for_map({named})", list(arguments.values()))

    assert hint in (refused.value.diag.message_hint or "")


NAMES = ["nowhere", "", "'; DROP TABLE tickets.inc; --", 'O\'Brien "x" $$ %s', "🚒\u202e", "x" * 10_000, "(None)", "%"]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_cluster_or_status_that_nothing_has_is_an_empty_valid_document(db: Database, name: str) -> None:
    put(db, [ticket("T1"), ticket("T2") | {"cluster": None}, done("T3")])
    page, other = dashboard(db, p_cluster=name), dashboard(db, p_status=name)
    seen = [on_map(db, p_cluster=name), on_map(db, p_status=name)]

    assert [wrong(DASHBOARD, page), wrong(DASHBOARD, other), *(wrong(MAP, one) for one in seen)] == [[]] * 4
    assert (page["filters"]["cluster"], other["filters"]["status"]) == (name, name)
    assert (page["counts"]["open"], page["counts"]["closed"], other["counts"]["open"]) == (0, 0, 0)
    assert [one["summary"]["total"] for one in seen] == [0, 0]
    assert {row["created"] for row in page["metrics"]["flow"]} == {0}
    assert db.one("SELECT count(*) FROM tickets.inc") == 3


@pytest.mark.parametrize("name", ["'; DROP TABLE tickets.inc; --", 'O\'Brien "x" $$ %s', "🚒\u202e", "x" * 10_000])
def test_any_cluster_that_a_ticket_has_can_be_asked_for(db: Database, name: str) -> None:
    put(db, [ticket("T1", cluster=name), ticket("T2"), done("T3", cluster=name)])
    page = dashboard(db, p_cluster=name, p_window="90d")

    assert (keys(page["open"]), keys(page["closed"])) == (["T1"], ["T3"])
    assert page["metrics"]["by_cluster"] == [{"cluster": name, "open": 1, "overdue": 1, "closed": 1}]
    assert sorted(keys(on_map(db, p_cluster=name))) == ["T1", "T3"]
    assert on_map(db)["summary"]["by_cluster"] == {name: 2, "Kilimani": 1}


def test_what_documents_call_none_can_be_asked_for_by_that_name(db: Database) -> None:
    put(db, [ticket("T1"), ticket("T2") | {"cluster": None}, done("T3") | {"cluster": None}])
    put(db, [ticket("T4") | {"normalized_status": None}])
    page = dashboard(db, p_cluster="(none)", p_window="90d")

    assert (keys(page["open"]), keys(page["closed"])) == (["T2"], ["T3"])
    assert page["metrics"]["by_cluster"] == [{"cluster": "(none)", "open": 1, "overdue": 1, "closed": 1}]
    assert on_map(db)["summary"]["by_cluster"] == {"(none)": 2, "Kilimani": 2}
    assert sorted(keys(on_map(db, p_cluster="(none)"))) == ["T2", "T3"]
    assert on_map(db)["summary"]["by_status"] == {"open": 2, "(none)": 1, "closed": 1}
    assert keys(on_map(db, p_status="(none)")) == keys(dashboard(db, p_status="(none)")["open"]) == ["T4"]


@pytest.mark.parametrize("cluster", ["", "x" * 10_000], ids=["none", "a long name"])
def test_the_daily_backlog_uses_the_cluster_names_of_the_document(bench: Bench, cluster: str) -> None:
    bench.loaded([ticket("T1", cluster=cluster), ticket("T2"), ticket("T3")])
    (name,) = {row["cluster"] for row in dashboard(bench.db)["metrics"]["by_cluster"]} - {"Kilimani"}
    page = dashboard(bench.db, p_cluster=name, p_window="24h")

    assert page["metrics"]["backlog"]["total"] == page["metrics"]["flow"][-1]["backlog"] == 1


def test_an_argument_that_is_null_is_one_that_was_not_given(db: Database) -> None:
    put(db, [ticket("T1")])
    nothing = dict.fromkeys(("p_cluster", "p_status", "p_window", "p_from", "p_to"))
    page = dashboard(db, **nothing)

    assert (page["filters"]["window"], keys(page["open"])) == ("7d", ["T1"])
    assert keys(on_map(db, p_feed=None, p_cluster=None, p_status=None)) == ["T1"]


def test_the_status_filters_what_is_open_only(db: Database) -> None:
    put(db, [ticket("T1"), ticket("T2", normalized_status="pending"), done("T3")])
    page = dashboard(db, p_status="pending", p_window="90d")

    assert (keys(page["open"]), keys(page["closed"])) == (["T2"], ["T3"])
    assert page["metrics"]["backlog"]["total"] == 1
