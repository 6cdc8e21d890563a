"""Law: a run that is killed at any boundary of a stage and repeated ends like an undisturbed one."""

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

_killed = Killed()  # shared by all feeds: starting it takes as long as ten runs
atexit.register(_killed.close)
_OTHERS = (
    "SELECT count(*) FROM pg_catalog.pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)
_PATIENCE = 30  # seconds for the server to notice that a client has died


def convergence(subject: Subject) -> None:
    """Check that a run killed at every boundary in turn and then repeated ends like an undisturbed run."""
    bench = subject.bench

    def law(exports: tuple[Made, Made]) -> None:
        _prepare(bench, *exports)
        outcome = bench.run().outcome
        wanted = bench.state()
        _prepare(bench, *exports)
        if _after(subject, outcome, *BOUNDARIES) == wanted:
            return
        for boundary in BOUNDARIES:  # find out which one
            _prepare(bench, *exports)
            found = _after(subject, outcome, boundary)
            if found != wanted:
                raise _broken(subject, boundary, wanted, found, exports[1])
        raise _broken(subject, "at each boundary in turn", wanted, {}, exports[1])

    maker = Maker(bench.feed, subject.sample)
    explore(st.tuples(maker.typed(), maker.typed(2)), law, few=1)  # an example takes a dozen runs


def _prepare(bench: Bench, loaded: Made, waiting: Made) -> None:
    """Load and archive one export, and leave another one waiting."""
    bench.clear()
    bench.load(loaded)
    bench.put(waiting.content(bench.feed))


def _after(subject: Subject, undisturbed: str, *boundaries: str) -> dict[str, Any]:
    """Kill a run at each of these boundaries, then run once to the end."""
    bench = subject.bench
    for boundary in boundaries:
        ended = _killed.run(subject, bench.url, bench.folder, boundary)
        if ended != "killed" and undisturbed == "loaded":
            expected = f"a run that loads an export, and gets as far as {boundary!r}"
            raise subject.broken(expected, f"it ended: {ended}", "the hooks")
        _wait_until_alone(bench)
    bench.run()
    return bench.state()


def _wait_until_alone(bench: Bench) -> None:
    """Wait until the killed run's session has ended, as it holds the feed's lock."""
    deadline = monotonic() + _PATIENCE
    while bench.db.one(_OTHERS):
        if monotonic() > deadline:
            raise AssertionError("the session of a killed run does not end")
        sleep(0.002)


def _broken(subject: Subject, boundary: str, wanted: dict[str, Any], found: dict[str, Any], made: Made) -> Broken:
    unlike = [name for name in found if found[name] != wanted[name]]
    came = "\n".join(f"{name}: {shown(found[name])}\n  instead of {shown(wanted[name])}" for name in unlike[:2])
    look = "feed_source, feed_archive, feed_history (what they write outside the run's transaction)"
    expected = f"killed ({boundary}) and run again, it ends like an undisturbed run"
    return subject.broken(expected, came, look, made.shown(subject.feed))
