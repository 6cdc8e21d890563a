"""`fleetfeed worker`: what is wrong is said before Dask starts."""

from __future__ import annotations

import pytest

from tests.cli.site import Site

WRONG = {
    (): ("No scheduler is known.", "Add --scheduler tls://HOST:8786, or set it under [executor]."),
    ("--scheduler", "nowhere"): (
        "flag: executor.scheduler: should be tls://HOST:PORT or tcp://HOST:PORT",
        "Correct this and try again.",
    ),
    ("--scheduler", "tcp://10.1.2.3:8786"): (
        "flag: executor.scheduler: should begin with tls://",
        "Correct this and try again.",
    ),
    ("--scheduler", "tls://10.1.2.3:8786"): ("Dask knows no certificates for TLS.", "docs/scale.md"),
}


@pytest.mark.parametrize(("arguments", "reported"), WRONG.items())
def test_a_worker_that_cannot_work_is_not_started(
    site: Site, arguments: tuple[str, ...], reported: tuple[str, str]
) -> None:
    result = site("worker", *arguments)
    assert result.code == 2
    assert reported[0] in result.err
    assert reported[1] in result.error_lines[-1]
