"""The checks of a feed, each with those that have to hold before it says anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fleetfeed.errors import FleetfeedError
from fleetfeed.testing.broken import Broken
from fleetfeed.testing.convergence import convergence
from fleetfeed.testing.declared import declaration
from fleetfeed.testing.hooks import answers, pure
from fleetfeed.testing.laws import balance, dry_run, idempotence, order
from fleetfeed.testing.reading import reading
from fleetfeed.testing.sampled import sample
from fleetfeed.testing.subject import Subject
from fleetfeed.testing.untidy import columns, junk


@dataclass(frozen=True, slots=True)
class Check:
    """Hold one law, and the names of those that it builds on: so one mistake is told once."""

    law: Callable[[Subject], None]
    after: tuple[str, ...] = ()


CHECKS: dict[str, Check] = {
    "declaration": Check(declaration),
    "answers": Check(answers, ("declaration",)),
    "pure": Check(pure, ("answers",)),
    "balance": Check(balance, ("pure",)),
    "sample": Check(sample, ("balance",)),
    "reading": Check(reading, ("balance",)),
    "junk": Check(junk, ("balance",)),
    "columns": Check(columns, ("balance",)),
    "order": Check(order, ("junk",)),
    "idempotence": Check(idempotence, ("junk",)),
    "dry-run": Check(dry_run, ("junk",)),
    "convergence": Check(convergence, ("junk",)),
}


class NotLookedAt(Exception):
    """A law that is built on one which does not hold."""


def verdict(subject: Subject, name: str) -> Exception | None:
    """Judge a law, once: None where it holds; Broken, a FleetfeedError, or NotLookedAt."""
    if name not in subject.verdicts:
        subject.verdicts[name] = _judged(subject, name)
    return subject.verdicts[name]


def _judged(subject: Subject, name: str) -> Exception | None:
    for other in CHECKS[name].after:
        found = verdict(subject, other)
        if found is not None:
            first = NotLookedAt(f"not looked at: [{other}] has to hold first")
            return found if isinstance(found, NotLookedAt) else first
    try:
        CHECKS[name].law(subject)
    except (Broken, FleetfeedError) as error:
        return error
    return None
