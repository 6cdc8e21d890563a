"""From the database's answer to a plan's document. Needs scipy, which the extra `dispatch` installs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from fleetfeed.config.dispatch import DispatchSettings
from fleetfeed.dispatch import inputs
from fleetfeed.errors import UsageError
from fleetfeed.text.suggest import did_you_mean


def suggest(
    feed: str,
    answer: str,
    rules: DispatchSettings,
    max_age: timedelta,
    units: Collection[str] = (),
    cluster: str | None = None,
) -> dict[str, Any]:
    """Return the plan's document; of these units and this cluster only, if any are named.

    `answer` is that of `inputs.question`. Raises UsageError without scipy, or for a unit that there is not.
    """
    check_installed()
    from fleetfeed.dispatch.document import document
    from fleetfeed.dispatch.plan import make_plan

    found = inputs.read(feed, answer)
    known = [unit.unit for unit in found.units]
    for name in units:
        if name not in known:
            raise UsageError(
                f"There is no unit {name!r}{did_you_mean(name, known) or '.'}",
                effect="No plan was made.",
                next_step="`fleetfeed units list` shows all.",
            )
    return document(make_plan(inputs.only(found, units, cluster), rules, max_age), rules)


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
