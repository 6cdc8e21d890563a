"""The conformance kit: one line in a plugin's test file puts it to every test that fleetfeed's own feeds pass.

test_feed = conformance("inc")
test_geocoder = geocoder_conformance("nominatim")
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

if missing := [name for name in ("hypothesis", "pytest") if find_spec(name) is None]:
    raise ImportError(
        f"fleetfeed.testing needs {' and '.join(missing)}, which a feed does not: pip install 'fleetfeed[testing]'"
    )

__all__ = ["conformance", "geocoder_conformance"]

EXAMPLES = 5  # exports for each law; a load takes a tenth of a second


def conformance(feed: str | ModuleType, project: Path | None = None, examples: int = EXAMPLES) -> Callable[[str], None]:
    """Make the tests of a feed, one for each law: a feed of the project, or a module with a FEED.

    The project is the nearest folder with a fleetfeed.toml, above the caller's file or the working directory. More
    `examples` find rarer faults, in more time.
    """
    import pytest

    from fleetfeed.testing.checks import CHECKS, NotLookedAt, verdict
    from fleetfeed.testing.subject import Subject, address

    subject = Subject(address(feed, project, Path(sys._getframe(1).f_code.co_filename)), examples)

    @pytest.mark.parametrize("law", CHECKS)
    def test_feed(law: str) -> None:
        __tracebackhide__ = True
        found = verdict(subject, law)
        if isinstance(found, NotLookedAt):
            pytest.skip(str(found))
        if found is not None:
            pytest.fail(f"feed {subject.name} breaks [{law}]\n{found}", pytrace=False)

    return test_feed
