"""Law: of several waiting exports the newest counts, and no file is lost or forgotten."""

from __future__ import annotations

from hypothesis import strategies as st

from fleetfeed.testing.explore import explore
from fleetfeed.testing.feed.exports import Made, Maker
from fleetfeed.testing.feed.sandbox import Bench
from fleetfeed.testing.feed.subject import Subject

_RUNS = 4  # a source may load one export after the other; further runs find nothing new
_LAST = "SELECT source_key FROM tickets.import_runs WHERE outcome IN ('loaded', 'refused') ORDER BY run_id DESC LIMIT 1"
_STATES = "SELECT key, state FROM tickets.exports ORDER BY last_modified"
_DONE = ("loaded", "superseded", "refused", "archived")


def files(subject: Subject) -> None:
    """Check that the newest of two waiting exports is loaded last, the other is recorded, and every file is kept."""
    bench = subject.bench

    def law(exports: tuple[Made, Made, Made]) -> None:
        bench.clear()
        contents = [made.content(bench.feed) for made in exports]
        names = [bench.put(contents[0])]
        bench.run()
        names += [bench.put(content) for content in contents[1:]]
        for _ in range(_RUNS):
            bench.run()
        _check(subject, bench, dict(zip(names, contents, strict=True)))

    maker = Maker(bench.feed, subject.sample)
    explore(st.tuples(maker.typed(), maker.typed(2), maker.typed(4)), law, few=1)


def _check(subject: Subject, bench: Bench, put: dict[str, bytes]) -> None:
    look = "feed_source (`listed` of a Snapshot names all exports that are there)"
    if (last := bench.db.one(_LAST)) != (newest := [*put][-1]):
        expected = f"of two exports that wait, the newest ({newest}) is the last one that is loaded"
        raise subject.broken(expected, f"the last one was {last}", look)
    there = {str(path.relative_to(bench.folder)): path.read_bytes() for path in sorted(bench.folder.glob("*/*"))}
    if lost := [name for name, content in put.items() if content not in there.values()]:
        expected = "every export lies in the bucket or in the archive, byte by byte"
        came = f"{', '.join(lost)} in neither of them; there are: {', '.join(there) or 'no files at all'}"
        raise subject.broken(expected, came, "feed_archive")
    states = dict(bench.db.all(_STATES))
    if forgotten := [name for name in put if states.get(name) not in _DONE]:
        expected = "exports older than the newest are recorded as superseded"
        came = ", ".join(f"{name} is {states.get(name, 'not known')}" for name in forgotten)
        raise subject.broken(expected, came, look)
