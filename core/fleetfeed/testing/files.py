"""Of several exports that wait the newest counts, and no file of the bucket is lost or forgotten."""

from __future__ import annotations

from hypothesis import strategies as st

from fleetfeed.testing.bench import Bench
from fleetfeed.testing.broken import Broken, shown
from fleetfeed.testing.explore import explore
from fleetfeed.testing.exports import Made, Maker
from fleetfeed.testing.subject import Subject

_RUNS = 4  # a source may well load one export after the other; then there is nothing new
_LAST = "SELECT source_key FROM tickets.import_runs WHERE outcome IN ('loaded', 'refused') ORDER BY run_id DESC LIMIT 1"
_STATES = "SELECT key, state FROM tickets.exports ORDER BY last_modified"
_DONE = ("loaded", "superseded", "refused", "archived")


def files(subject: Subject) -> None:
    """With two exports waiting, the newest is loaded last, the older one is accounted for, and every file is kept."""
    bench = subject.bench

    def law(exports: tuple[Made, Made, Made]) -> None:
        bench.clear()
        contents = [made.content(bench.feed) for made in exports]
        bench.put(contents[0])
        bench.run()
        bench.put(contents[1])
        newest = bench.put(contents[2])
        for _ in range(_RUNS):
            bench.run()
        _newest_counts(subject, bench, newest)
        kept = [path.read_bytes() for path in bench.folder.glob("*/*")]
        for number, content in enumerate(contents, 1):
            if content not in kept:
                there = ", ".join(sorted(str(path.relative_to(bench.folder)) for path in bench.folder.glob("*/*")))
                expected = "every export lies in the bucket or in the archive, byte by byte"
                came = f"export{number}.csv is in neither of them (there are: {there or 'no files at all'})"
                raise Broken(expected, came, f"feed_archive in {subject.file}")

    maker = Maker(bench.feed, subject.sample)
    explore(st.tuples(maker.typed(), maker.typed(2), maker.typed(4)), law, few=1, seconds=0)


def _newest_counts(subject: Subject, bench: Bench, newest: str) -> None:
    last, look = bench.db.one(_LAST), f"feed_source in {subject.file}"
    if last != newest:
        expected = f"of two exports that wait, the newest ({newest}) is the last one that is loaded"
        raise Broken(expected, f"the last one was {last}", look)
    states = dict(bench.db.all(_STATES))
    if forgotten := {key: state for key, state in states.items() if state not in _DONE}:
        expected = "what the newest export overtakes is superseded: `listed` of its Snapshot names all that are there"
        raise Broken(expected, f"it was left as {shown(forgotten)}", look)
