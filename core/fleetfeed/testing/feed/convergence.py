"""Killed at any boundary of a stage and run again, a feed ends as if nothing had happened."""

from __future__ import annotations

import atexit
from time import monotonic, sleep
from typing import Any

from hypothesis import strategies as st

from fleetfeed.testing.broken import Broken, shown
from fleetfeed.testing.explore import explore
from fleetfeed.testing.feed.exports import Made, Maker
from fleetfeed.testing.feed.kill import BOUNDARIES, Killed
from fleetfeed.testing.feed.sandbox import Bench
from fleetfeed.testing.feed.subject import Subject

_killed = Killed()  # one for all feeds of a process: its start costs as much as ten runs
atexit.register(_killed.close)
_OTHERS = (
    "SELECT count(*) FROM pg_catalog.pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)
_PATIENCE = 30  # seconds for the server to notice that a client is gone


def convergence(subject: Subject) -> None:
    """Killed at every boundary in turn and then run to the end, it ends as the run that nobody disturbed."""
    bench = subject.bench

    def law(exports: tuple[Made, Made]) -> None:
        _set(bench, *exports)
        outcome = bench.run().outcome
        wanted = bench.state()
        _set(bench, *exports)
        if _after(subject, outcome, *BOUNDARIES) == wanted:
            return
        for boundary in BOUNDARIES:  # which one was it?
            _set(bench, *exports)
            found = _after(subject, outcome, boundary)
            if found != wanted:
                raise _broken(subject, boundary, wanted, found, exports[1])
        raise _broken(subject, "at each boundary in turn", wanted, {}, exports[1])

    maker = Maker(bench.feed, subject.sample)
    explore(st.tuples(maker.typed(), maker.typed(2)), law, few=1)  # each is a dozen runs


def _set(bench: Bench, loaded: Made, waiting: Made) -> None:
    """Set the scene: one export is loaded and archived, the next one waits."""
    bench.clear()
    bench.load(loaded)
    bench.put(waiting.content(bench.feed))


def _after(subject: Subject, undisturbed: str, *boundaries: str) -> dict[str, Any]:
    """Kill a run at each of these boundaries, and let the last one go to its end."""
    bench = subject.bench
    for boundary in boundaries:
        ended = _killed.run(subject, bench.url, bench.folder, boundary)
        if ended != "killed" and undisturbed == "loaded":
            expected = f"a run that loads an export, and gets as far as {boundary!r}"
            raise Broken(expected, f"it ended: {ended}", f"the hooks in {subject.file}")
        _wait_until_alone(bench)
    bench.run()
    return bench.state()


def _wait_until_alone(bench: Bench) -> None:
    """Wait for the killed one's session to end: till then it holds the feed's lock."""
    deadline = monotonic() + _PATIENCE
    while bench.db.one(_OTHERS):
        if monotonic() > deadline:
            raise AssertionError("the session of a killed run does not end")
        sleep(0.002)


def _broken(subject: Subject, boundary: str, wanted: dict[str, Any], found: dict[str, Any], made: Made) -> Broken:
    unlike = [name for name in found if found[name] != wanted[name]]
    came = "\n".join(f"{name}: {shown(found[name])}\n  instead of {shown(wanted[name])}" for name in unlike[:2])
    look = f"feed_source, feed_archive, feed_history in {subject.file}: what they write outside the run's transaction"
    expected = f"killed ({boundary}) and run again, it ends as if nothing had happened"
    return Broken(expected, came, look, made.told(subject.feed))
