"""Law: a run that is killed anywhere and repeated ends like an undisturbed one, and no export is lost."""

from __future__ import annotations

from typing import Any

from fleetfeed.testing.examples import examples
from fleetfeed.testing.feed.exports import make
from fleetfeed.testing.feed.kill import BOUNDARIES, kill_at_every_boundary
from fleetfeed.testing.feed.subject import Subject
from fleetfeed.testing.trial import Broken, shown

_DONE = ("loaded", "superseded", "refused", "archived")


def convergence(subject: Subject) -> None:
    """Check that a run killed at every boundary in turn and then repeated ends like an undisturbed run."""
    bench = subject.bench
    for random in examples(1):
        exports = [make(subject.feed, subject.sample, random, shift) for shift in (0, 2, 4)]
        ends: list[dict[str, Any]] = []
        for is_killed in (False, True):
            bench.clear()
            bench.load(exports[0])
            for made in exports[1:]:
                bench.put(made.content(subject.feed))
            if is_killed and (error := kill_at_every_boundary(subject, bench)):
                raise Broken(error)
            for made in exports[1:]:  # a source may load one export after the other
                bench.loaded(bench.run(), made)
            ends.append(bench.state())
        undisturbed, killed = ends
        _check_files(
            undisturbed, {f"export{number}.csv": made.content(subject.feed) for number, made in enumerate(exports, 1)}
        )
        if unlike := [name for name in killed if killed[name] != undisturbed[name]]:
            found = "\n".join(f"{name}: {shown(killed[name])}\nnot {shown(undisturbed[name])}" for name in unlike)
            raise Broken(f"killed at {', '.join(BOUNDARIES)}, a run ends otherwise than an undisturbed one\n{found}")


def _check_files(state: dict[str, Any], put: dict[str, bytes]) -> None:
    """Check that every export is kept and recorded, and that the newest is loaded last."""
    states = {key: exported for key, exported, _ in state["exports"]}
    for name, content in put.items():
        if content not in state["files"].values():
            raise Broken(
                f"{name} is neither in the bucket nor in the archive: {', '.join(state['files']) or 'no files'}"
            )
        if states.get(name) not in _DONE:
            raise Broken(f"{name} is neither recorded as loaded nor as superseded, but as {states.get(name)}")
    if (last := state["loads"][-1][0]) != name and states[name] != "refused":
        raise Broken(f"of the exports that wait the newest, {name}, is not loaded last, but {last}")
