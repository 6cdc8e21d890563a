"""Conformance tests for plugins: one line in a plugin's test file runs all of them.

test_feed = conformance("inc")
test_geocoder = geocoder_conformance("nominatim")
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from fleetfeed.text.install import install

if TYPE_CHECKING:
    from fleetfeed.testing.trial import Trial

if missing := [name for name in ("hypothesis", "pytest") if find_spec(name) is None]:
    raise ImportError(
        f"fleetfeed.testing needs {' and '.join(missing)}, which a feed does not; install them {install('testing')}"
    )

__all__ = ["conformance", "geocoder_conformance"]


def conformance(feed: str) -> Callable[[str], None]:
    """Make the tests of a feed, one per law. The feed is found as `fleetfeed run` finds it."""
    from fleetfeed.testing.feed.laws import feed_trial

    return _tests(f"feed {feed}", feed_trial(feed))


def geocoder_conformance(geocoder: str) -> Callable[[str], None]:
    """Make the tests of a geocoder, one per law. Its host is simulated: nothing leaves the machine."""
    from fleetfeed.testing.geocoder.laws import geocoder_trial

    return _tests(f"geocoder {geocoder}", geocoder_trial(geocoder))


def _tests(plugin: str, trial: Trial[Any]) -> Callable[[str], None]:
    import pytest

    from fleetfeed.testing.trial import Broken, Skipped

    @pytest.mark.parametrize("law", trial.laws)
    def test_plugin(law: str) -> None:
        __tracebackhide__ = True
        found = trial.verdict(law)
        if isinstance(found, Skipped):
            pytest.skip(str(found))
        if found is not None:  # anything but Broken is an error of the project or the database server
            how = "breaks" if isinstance(found, Broken) else "cannot be tested for"
            pytest.fail(f"{plugin} {how} [{law}]\n{found}", pytrace=False)

    return test_plugin
