"""The conformance kit: one line in a plugin's test file puts it to every test that fleetfeed's own plugins pass.

test_feed = conformance("inc")
test_geocoder = geocoder_conformance("nominatim")
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fleetfeed.testing.trial import Trial

if missing := [name for name in ("hypothesis", "pytest") if find_spec(name) is None]:
    raise ImportError(
        f"fleetfeed.testing needs {' and '.join(missing)}, which a feed does not: pip install 'fleetfeed[testing]'"
    )

__all__ = ["conformance", "geocoder_conformance"]


def conformance(feed: str) -> Callable[[str], None]:
    """Make the tests of a feed, one for each law. It is found as `fleetfeed run` finds it."""
    from fleetfeed.testing.feed.laws import FEED_LAWS
    from fleetfeed.testing.feed.subject import Subject, the_project
    from fleetfeed.testing.trial import Trial

    return _tests(f"feed {feed}", Trial(Subject(feed, the_project()), FEED_LAWS))


def geocoder_conformance(geocoder: str) -> Callable[[str], None]:
    """Make the tests of a geocoder, one for each law. The host that it asks is played: nothing leaves the machine."""
    from fleetfeed.testing.feed.subject import the_project
    from fleetfeed.testing.geocoder.laws import GEOCODER_LAWS
    from fleetfeed.testing.geocoder.subject import GeocoderSubject
    from fleetfeed.testing.trial import Trial

    return _tests(f"geocoder {geocoder}", Trial(GeocoderSubject(geocoder, the_project()), GEOCODER_LAWS))


def _tests(plugin: str, trial: Trial[Any]) -> Callable[[str], None]:
    import pytest

    from fleetfeed.testing.broken import Broken
    from fleetfeed.testing.trial import NotLookedAt

    @pytest.mark.parametrize("law", trial.laws)
    def test_plugin(law: str) -> None:
        __tracebackhide__ = True
        found = trial.verdict(law)
        if isinstance(found, NotLookedAt):
            pytest.skip(str(found))
        if found is not None:  # what is no Broken is the fault of the project or of the database server
            how = "breaks" if isinstance(found, Broken) else "cannot be put to"
            pytest.fail(f"{plugin} {how} [{law}]\n{found}", pytrace=False)

    return test_plugin
