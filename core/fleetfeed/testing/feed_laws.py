"""The laws of a feed by name, each with the law that has to hold before it says anything."""

from __future__ import annotations

from collections.abc import Mapping

from fleetfeed.testing.convergence import convergence
from fleetfeed.testing.declared import declaration
from fleetfeed.testing.files import files
from fleetfeed.testing.hooks import answers, pure
from fleetfeed.testing.laws import balance, dry_run, idempotence, order
from fleetfeed.testing.loaded import loaded
from fleetfeed.testing.reading import reading
from fleetfeed.testing.sampled import sample
from fleetfeed.testing.subject import Subject
from fleetfeed.testing.trial import Law
from fleetfeed.testing.untidy import columns, junk

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
