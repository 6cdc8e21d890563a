"""The laws of a feed by name, each with the law that has to hold first."""

from __future__ import annotations

from collections.abc import Mapping

from fleetfeed.testing.feed.convergence import convergence
from fleetfeed.testing.feed.declaration import declaration
from fleetfeed.testing.feed.files import files
from fleetfeed.testing.feed.hooks import answers, pure
from fleetfeed.testing.feed.load_laws import balance, dry_run, idempotence, order
from fleetfeed.testing.feed.loaded import loaded, reading
from fleetfeed.testing.feed.robustness import columns, junk
from fleetfeed.testing.feed.sample import sample
from fleetfeed.testing.feed.subject import Subject
from fleetfeed.testing.trial import Law

FEED_LAWS: Mapping[str, tuple[Law[Subject], str]] = {
    "declaration": (declaration, ""),
    "sample": (sample, "declaration"),
    "answers": (answers, "sample"),
    "pure": (pure, "answers"),
    "balance": (balance, "pure"),
    "loaded": (loaded, "balance"),
    "reading": (reading, "loaded"),
    "junk": (junk, "balance"),
    "columns": (columns, "balance"),
    "order": (order, "junk"),
    "idempotence": (idempotence, "junk"),
    "dry-run": (dry_run, "junk"),
    "files": (files, "junk"),
    "convergence": (convergence, "files"),
}
