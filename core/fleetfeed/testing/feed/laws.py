"""The laws of a feed by name, each with the law that has to hold first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fleetfeed.testing.feed.hooks import hooks
from fleetfeed.testing.feed.loads import loads, order
from fleetfeed.testing.feed.recovery import convergence
from fleetfeed.testing.feed.sample import declaration, reading, sample
from fleetfeed.testing.feed.subject import Subject
from fleetfeed.testing.trial import Law, Trial

FEED_LAWS: Mapping[str, tuple[Law[Subject], str]] = {
    "declaration": (declaration, ""),
    "sample": (sample, "declaration"),
    "hooks": (hooks, "sample"),
    "loads": (loads, "hooks"),
    "order": (order, "loads"),
    "reading": (reading, "sample"),
    "convergence": (convergence, "loads"),
}


def feed_trial(name: str, project: Path | None = None) -> Trial[Subject]:
    """Put a feed of a project to the test."""
    return Trial(Subject(name, project), FEED_LAWS)
