"""From the database's answer to a plan's document. Needs scipy, which the extra `dispatch` installs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fleetfeed.config.dispatch import DispatchSettings
from fleetfeed.dispatch import inputs
from fleetfeed.errors import UsageError


def suggest(feed: str, answer: str, rules: DispatchSettings, max_age: timedelta) -> dict[str, Any]:
    """Return the document of the whole plan; `answer` is that of `inputs.question`. Raises UsageError without scipy."""
    check_installed()
    from fleetfeed.dispatch.document import document
    from fleetfeed.dispatch.plan import make_plan

    return document(make_plan(inputs.read(feed, answer), rules, max_age), rules)


def check_installed() -> None:
    """Check that scipy can be imported. Raises UsageError."""
    try:
        import scipy  # noqa: F401 (only whether it is there)
    except ImportError:
        raise UsageError(
            "A plan of dispatch needs scipy, which is not installed.",
            effect="No plan was made.",
            next_step="pip install 'fleetfeed[dispatch]'",
        ) from None
