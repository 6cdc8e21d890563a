"""Laws of loads: balance, idempotence, no order of rows, a dry run that tells the truth."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from itertools import zip_longest
from typing import Any

from hypothesis import strategies as st

from fleetfeed.model import RunReport
from fleetfeed.testing.broken import Broken, shown
from fleetfeed.testing.explore import explore
from fleetfeed.testing.feed.exports import Made, Maker
from fleetfeed.testing.feed.sandbox import LEDGER
from fleetfeed.testing.feed.subject import Subject


def balance(subject: Subject) -> None:
    """Every record of an export is accounted for, and what is said to be written is there."""
    bench, accepted = subject.bench, 0

    def law(exports: tuple[Made, Made]) -> None:
        nonlocal accepted
        bench.clear()
        for made in exports:
            before = bench.count()
            report = bench.load(made)
            rows, is_loaded = report.rows, report.outcome == "loaded"
            accepted += rows.inserted + rows.updated + rows.unchanged
            look = f"feed_filter, feed_normalise and feed_upsert in {subject.file}"
            if rows.read != made.records or (is_loaded and rows.left_over):
                expected = f"{made.records} records = dropped + rejected + superseded + inserted + updated + unchanged"
                raise Broken(expected, str(rows), look, made.told(bench.feed))
            there, events = bench.count() - before, bench.inserted(report.run_id)
            if is_loaded and (there, events) != (rows.inserted, rows.inserted):
                expected = f"{rows.inserted} rows more in the table, and as many `inserted` in tickets.ticket_changes"
                raise Broken(expected, f"{there} rows more, {events} `inserted`", look, made.told(bench.feed))

    maker = Maker(bench.feed, subject.sample)
    explore(st.tuples(maker.plain(broken=True), maker.plain(2)), law)
    if not accepted:
        raise Broken(
            "of exports made of the sample's rows at least one record becomes a ticket",
            "not one of their records was accepted",
            f"drops in FEED and feed_filter and feed_normalise in {subject.file}",
        )


def idempotence(subject: Subject) -> None:
    """The same export again writes nothing, whether its bytes are the same or only its rows."""
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
                came = f"row versions written in: {', '.join(changed) or 'none'}; the run told {again.rows}"
                look = f"feed_upsert and feed_history in {subject.file}: writes follow change"
                raise Broken("the same export again writes nothing", came, look, made.told(bench.feed))

    explore(Maker(bench.feed, subject.sample).typed(), law)


def order(subject: Subject) -> None:
    """The same rows in another order make the same table."""
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
            expected = "the same tickets and counts, in whichever order the rows come"
            look = f"winner in FEED; feed_normalise in {subject.file}: a row's number is its place in the file"
            raise Broken(expected, _unlike(found[0][0], found[1][0]) or str(found[1][1]), look, made.told(bench.feed))

    explore(Maker(bench.feed, subject.sample).typed(distinct=True), law)


def dry_run(subject: Subject) -> None:
    """A dry run writes nothing, and tells what the load then does."""
    bench = subject.bench

    def law(exports: tuple[Made, Made]) -> None:
        bench.clear()
        bench.load(exports[0])
        bench.put(exports[1].content(bench.feed))
        before = bench.versions(*LEDGER) | bench.state()
        dry = bench.run(apply=False)
        look = f"feed_source and feed_upsert in {subject.file}: `run.applied` says whether to write"
        if written := [name for name, was in (bench.versions(*LEDGER) | bench.state()).items() if was != before[name]]:
            raise Broken("a dry run writes nothing", f"it wrote: {', '.join(written)}", look)
        told, done = _told(dry), _told(bench.run())
        if told != done:
            came = "\n".join(
                f"{name}: {told[name]}, but then {done[name]}" for name in told if told[name] != done[name]
            )
            raise Broken("a dry run tells what the load does", came, look, exports[1].told(bench.feed))

    maker = Maker(bench.feed, subject.sample)
    explore(st.tuples(maker.typed(), maker.typed(2)), law)


def _told(report: RunReport) -> Mapping[str, Any]:
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


def _unlike(one: list[tuple[Any, ...]], other: list[tuple[Any, ...]]) -> str:
    """Show the first ticket that is not the same in two tables."""
    for first, second in zip_longest(one, other):
        if first != second:
            return f"first {shown(first)},\nthen  {shown(second)}"
    return ""
