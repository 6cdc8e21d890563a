"""From the database's answer to a plan's document. Needs scipy, which the extra `dispatch` installs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from fleetfeed.config.dispatch import DispatchSettings
from fleetfeed.dispatch import inputs
from fleetfeed.errors import UsageError
from fleetfeed.text.install import install


def suggest(
    feed: str,
    answer: str,
    rules: DispatchSettings,
    max_age: timedelta,
    hide: Collection[str] = (),
    *,
    for_dispatchers: bool = True,
) -> dict[str, Any]:
    """Return the document of the whole plan; `answer` is that of `inputs.question`. Raises UsageError without scipy.

    It is without the properties of tickets to hide; who held what and why is only for dispatchers.
    """
    check_installed()
    from fleetfeed.dispatch.document import document
    from fleetfeed.dispatch.plan import make_plan

    found = inputs.read(feed, answer, hide, for_dispatchers=for_dispatchers)
    return document(make_plan(found, rules, max_age), rules)


def check_installed() -> None:
    """Check that scipy can be imported. Raises UsageError."""
    try:
        import scipy  # noqa: F401 (only whether it is there)
    except ImportError:
        raise UsageError(
            "A plan of dispatch needs scipy, which is not installed.",
            effect="No plan was made.",
            next_step=f"Install it {install('dispatch')}",
        ) from None
