"""Laws about loads: balance, an exact dry run, idempotence, and independence of the order of rows and columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

from fleetfeed.model import RunReport
from fleetfeed.testing.examples import examples
from fleetfeed.testing.feed.exports import Made, make, without_ties
from fleetfeed.testing.feed.subject import Subject
from fleetfeed.testing.trial import Broken, shown

_UNKNOWN = "a column that nobody declared"
_INSERTED = "SELECT count(*) FROM tickets.ticket_changes WHERE kind = 'inserted' AND run_id = %s"


def loads(subject: Subject) -> None:
    """Check two loads, one after the other: each is as its dry run, accounts for every record, and writes only once."""
    accepted = 0
    for random in examples():
        subject.bench.clear()
        for shift in (0, 2):
            made = make(subject.feed, subject.sample, random, shift)
            report = _load(subject, made)
            accepted += report.rows.inserted + report.rows.updated + report.rows.unchanged
        if report.outcome == "loaded":
            _again(subject, made)
    if not accepted:
        raise Broken("of exports made of the sample's rows not one record becomes a ticket")


def order(subject: Subject) -> None:
    """Check that rows and columns in another order change nothing, and that columns may be missing or unknown.

    One of the two orders is read by SQL, if the declaration allows it, so that this checks it against the hooks.
    """
    bench = subject.bench
    for random in examples():
        made = replace(without_ties(subject.feed, make(subject.feed, subject.sample, random)), last="")
        found = []
        for export, by_sql in ((made, True), (_shuffled(made, random), False)):
            bench.clear()
            found.append((bench.load(export, by_sql=by_sql).rows, bench.tickets()))
        if found[0] != found[1]:
            pairs = zip(found[0][1], found[1][1], strict=False)
            one, other = next((pair for pair in pairs if pair[0] != pair[1]), (found[0][0], found[1][0]))
            raise Broken(
                "the same rows and columns in another order, or read by SQL, make another table\n"
                f"first {shown(one)},\nthen  {shown(other)}\n{made.shown(subject.feed)}"
            )
        few = [name for name in made.names if name == subject.feed.key or random.random() < 0.8]
        report = bench.load(_with_columns(made, [*few, _UNKNOWN]))
        if report.outcome == "loaded" and _UNKNOWN not in report.unknown_columns:
            raise Broken(f"a column that is not declared is not reported, but {report.unknown_columns}")


def _load(subject: Subject, made: Made) -> RunReport:
    """Load an export after a dry run, and check both."""
    bench = subject.bench
    bench.put(made.content(subject.feed))
    before = bench.versions(*bench.tables) | bench.files()
    dry = _summary(bench.run(apply=False))
    after = bench.versions(*bench.tables) | bench.files()
    if written := [name for name in {**before, **after} if before.get(name) != after.get(name)]:
        raise Broken(f"a dry run writes: {', '.join(written)}\n{made.shown(subject.feed)}")
    count = len(bench.tickets())
    report = bench.loaded(bench.run(), made)
    if (real := _summary(report)) != dry:
        other = "\n".join(f"{name}: {dry[name]}, but then {real[name]}" for name in real if dry[name] != real[name])
        raise Broken(f"a dry run reports another result than the load\n{other}\n{made.shown(subject.feed)}")
    rows = report.rows
    if rows.read != made.records or (report.outcome == "loaded" and rows.left_over):
        raise Broken(f"of {made.records} records some are not accounted for: {rows}\n{made.shown(subject.feed)}")
    there, logged = len(bench.tickets()) - count, bench.db.one(_INSERTED, [report.run_id])
    if report.outcome == "loaded" and (there, logged) != (rows.inserted, rows.inserted):
        raise Broken(
            f"the run reports {rows.inserted} inserted, the table has {there} more, and its history {logged}\n"
            f"{made.shown(subject.feed)}"
        )
    return report


def _again(subject: Subject, made: Made) -> None:
    """Check that the same export, also with other line ends, writes nothing."""
    names = (subject.feed.name, "ticket_changes", "closure_events")
    before = subject.bench.versions(*names)
    for ends in (made.ends, "\n" if made.ends == "\r\n" else "\r\n"):
        rows = subject.bench.load(replace(made, ends=ends)).rows
        after = subject.bench.versions(*names)
        if after != before or rows.inserted or rows.updated:
            written = ", ".join(name for name in after if after[name] != before[name])
            raise Broken(
                f"the same export again writes row versions in: {written or 'no table'}; it reports {rows}\n"
                f"{made.shown(subject.feed)}"
            )


def _summary(report: RunReport) -> Mapping[str, Any]:
    return {
        "outcome": report.outcome,
        "error": str(report.error or ""),
        **report.rows.as_dict(),
        "fields": dict(report.changes.fields),
        "unreadable cells": dict(report.changes.unreadable),
        "rejects": [(reject.record, reject.reason) for reject in report.rejects],
        "truncated": report.truncated,
        "newest": report.newest,
    }


def _shuffled(made: Made, random: Random) -> Made:
    rows, names = list(made.rows), list(made.names)
    random.shuffle(rows)
    random.shuffle(names)
    return replace(_with_columns(made, names), rows=tuple(rows))


def _with_columns(made: Made, names: list[str]) -> Made:
    """Write these columns only; one that the export does not have says the same in each row."""
    spelt = dict(zip(made.names, made.spelt, strict=True))
    rows = tuple({**row, _UNKNOWN: "something"} for row in made.rows)
    return replace(made, names=tuple(names), spelt=tuple(spelt.get(name, name) for name in names), rows=rows)
