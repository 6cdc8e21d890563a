"""`load = "each"`: complete exports are loaded one by one, so that an outage keeps its steps."""

from __future__ import annotations

from tests.kit import Bench, ticket


def run(bench: Bench) -> tuple[str, str, int]:
    report = bench.run(each=True)
    snapshot = report.snapshot
    return report.outcome, snapshot.stored.key if snapshot else "", snapshot.waiting if snapshot else 0


def changes(bench: Bench) -> list[tuple[str, str]]:
    log = bench.rows("change_id, ticket_id, kind", "tickets.ticket_changes")
    return [(row["ticket_id"], row["kind"]) for row in log]


def test_every_unread_export_is_loaded_in_order(bench: Bench) -> None:
    for keys in (["T1"], ["T1", "T2"], ["T1"], ["T1", "T2"]):
        bench.put([ticket(key, owner=f"{len(bench.waiting())}") for key in keys])
    assert [run(bench) for _ in range(5)] == [
        ("loaded", "export001.csv", 3),
        ("loaded", "export002.csv", 2),
        ("loaded", "export003.csv", 1),
        ("loaded", "export004.csv", 0),
        ("empty", "", 0),
    ]
    assert [kind for key, kind in changes(bench) if key == "T2"] == ["inserted", "absent", "updated", "returned"]
    assert set(bench.states().values()) == {"archived"}


def test_it_is_what_runs_of_then_would_have_made(bench: Bench) -> None:
    contents = [[ticket("T1", owner=name) for _ in "x"] for name in ("A", "B", "A")]
    bench.put(contents[0])
    assert run(bench)[0] == "loaded"
    for content in contents[1:]:
        bench.put(content)
    assert [run(bench)[0] for _ in range(2)] == ["loaded", "loaded"]
    assert changes(bench) == [("T1", "inserted"), ("T1", "updated"), ("T1", "updated")]


def test_a_refused_one_is_passed_by_the_next_run(bench: Bench) -> None:
    bench.put([ticket("T1")])
    assert run(bench)[0] == "loaded"
    bench.put(b"<html>")
    bench.put([ticket("T1"), ticket("T2")])
    assert run(bench)[:2] == ("refused", "export002.csv")
    assert run(bench)[:2] == ("loaded", "export003.csv")


def test_one_with_the_loaded_bytes_is_not_loaded_again(bench: Bench) -> None:
    for rows in ([ticket("T1")], [ticket("T1")], [ticket("T2")]):
        bench.put(rows)
    assert [run(bench)[:2] for _ in range(2)] == [("loaded", "export001.csv"), ("loaded", "export003.csv")]


def test_one_that_came_late_is_not_loaded_after_newer_ones(bench: Bench) -> None:
    late = bench.put([ticket("T1", owner="old")], name="late.csv")
    kept = late.rename(bench.inbox.parent / "late.csv")
    bench.put([ticket("T1", owner="new")])
    assert run(bench)[0] == "loaded"
    kept.rename(late)
    bench.put([ticket("T1", owner="newest")])
    assert [run(bench)[1], run(bench)[1]] == ["export003.csv", ""]
    assert bench.states()["late.csv"] == "superseded"
