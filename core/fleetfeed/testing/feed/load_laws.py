"""Laws about loads: balance, idempotence, independence of row order, and an honest dry run."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from itertools import zip_longest
from typing import Any

from hypothesis import strategies as st

from fleetfeed.model import RunReport
from fleetfeed.testing.broken import shown
from fleetfeed.testing.explore import explore
from fleetfeed.testing.feed.exports import Made, Maker
from fleetfeed.testing.feed.sandbox import LEDGER
from fleetfeed.testing.feed.subject import Subject


def balance(subject: Subject) -> None:
    """Check that every record is accounted for, and that the table has what the report counts."""
    bench, accepted = subject.bench, 0

    def law(exports: tuple[Made, Made]) -> None:
        nonlocal accepted
        bench.clear()
        for made in exports:
            before = bench.count()
            report = bench.load(made)
            rows, is_loaded = report.rows, report.outcome == "loaded"
            accepted += rows.inserted + rows.updated + rows.unchanged
            look = "feed_filter, feed_normalise and feed_upsert"
            if rows.read != made.records or (is_loaded and rows.left_over):
                expected = f"{made.records} records = dropped + rejected + superseded + inserted + updated + unchanged"
                raise subject.broken(expected, str(rows), look, made.shown(bench.feed))
            there, events = bench.count() - before, bench.inserted(report.run_id)
            if is_loaded and (there, events) != (rows.inserted, rows.inserted):
                expected = f"{rows.inserted} rows more in the table, and as many `inserted` in tickets.ticket_changes"
                raise subject.broken(expected, f"{there} rows more, {events} `inserted`", look, made.shown(bench.feed))

    maker = Maker(bench.feed, subject.sample)
    explore(st.tuples(maker.plain(broken=True), maker.plain(2)), law)
    if not accepted:
        raise subject.broken(
            "of exports made of the sample's rows at least one record becomes a ticket",
            "not one of their records was accepted",
            "drops, feed_filter and feed_normalise",
        )


def idempotence(subject: Subject) -> None:
    """Check that the same export again writes nothing, also with other line ends."""
    bench = subject.bench

    def law(made: Made) -> None:
        bench.clear()
        if bench.load(made).outcome != "loaded":
            return
        before = bench.versions()
        for ends in (made.ends, "\n" if made.ends == "\r\n" else "\r\n"):
            again = bench.load(replace(made, ends=ends))
            changed = [name for name, rows in bench.versions().items() if rows != before[name]]
            if changed or again.rows.inserted or again.rows.updated:
                came = f"row versions written in: {', '.join(changed) or 'none'}; the run reported {again.rows}"
                look = "feed_upsert and feed_history"
                raise subject.broken("the same export again writes nothing", came, look, made.shown(bench.feed))

    explore(Maker(bench.feed, subject.sample).typed(), law)


def order(subject: Subject) -> None:
    """Check that the same rows in another order make the same table."""
    bench = subject.bench

    def law(made: Made) -> None:
        rows = list(made.rows)
        random.Random(len(rows)).shuffle(rows)  # noqa: S311 (no secret)
        found = []
        for export in (made, replace(made, rows=tuple(rows))):
            bench.clear()
            counts = bench.load(export).rows
            found.append((bench.tickets(), counts))
        if found[0] != found[1]:
            expected = "the same tickets and counts, whatever the order of the rows"
            came = _difference(found[0][0], found[1][0]) or str(found[1][1])
            raise subject.broken(expected, came, "winner, feed_normalise", made.shown(bench.feed))

    explore(Maker(bench.feed, subject.sample).typed(distinct=True), law)


def dry_run(subject: Subject) -> None:
    """Check that a dry run writes nothing, and reports what the load then does."""
    bench = subject.bench

    def law(exports: tuple[Made, Made]) -> None:
        bench.clear()
        bench.load(exports[0])
        bench.put(exports[1].content(bench.feed))
        before = bench.versions(*LEDGER) | bench.state()
        dry = bench.run(apply=False)
        look = "feed_source and feed_upsert (`run.applied` is whether to write)"
        if written := [name for name, was in (bench.versions(*LEDGER) | bench.state()).items() if was != before[name]]:
            raise subject.broken("a dry run writes nothing", f"it wrote: {', '.join(written)}", look)
        dry_report, report = _summary(dry), _summary(bench.run())
        if dry_report != report:
            unequal = (name for name in report if dry_report[name] != report[name])
            came = "\n".join(f"{name}: {dry_report[name]}, but then {report[name]}" for name in unequal)
            raise subject.broken("a dry run reports what the load does", came, look, exports[1].shown(bench.feed))

    maker = Maker(bench.feed, subject.sample)
    explore(st.tuples(maker.typed(), maker.typed(2)), law)


def _summary(report: RunReport) -> Mapping[str, Any]:
    changes = report.changes
    return {
        "outcome": report.outcome,
        "error": str(report.error or ""),
        **report.rows.as_dict(),
        "fields": dict(changes.fields),
        "unreadable cells": dict(changes.unreadable),
        "rejects": [(reject.record, reject.reason) for reject in report.rejects],
        "truncated": report.truncated,
        "newest": report.newest,
    }


def _difference(one: list[tuple[Any, ...]], other: list[tuple[Any, ...]]) -> str:
    """Show the first ticket that differs between two tables."""
    for first, second in zip_longest(one, other):
        if first != second:
            return f"first {shown(first)},\nthen  {shown(second)}"
    return ""
