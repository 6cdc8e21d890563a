"""A host that has to prove nothing may be anybody who answers."""

from __future__ import annotations

import pytest

from fleetfeed.database import connect
from fleetfeed.doctor.database import transport, unproven


@pytest.mark.parametrize("host", ["db.example.org", "10.0.0.5", "2001:db8::1", "localhost.example.org"])
@pytest.mark.parametrize("sslmode", ["", "prefer", "allow"])
def test_a_host_that_is_not_ours_and_proves_nothing_is_a_warning(host: str, sslmode: str) -> None:
    (found,) = unproven(host, sslmode, "prefer")
    assert (found.level, found.what.split(" is sent")[0]) == ("warning", f"any server that answers as {host}")
    assert "sslmode=verify-full" in found.hint


@pytest.mark.parametrize(
    ("host", "sslmode", "binding"),
    [
        ("db.example.org", "verify-full", ""),
        ("db.example.org", "disable", ""),  # somebody's choice
        ("db.example.org", "prefer", "require"),
        ("localhost", "prefer", ""),
        ("127.0.0.1", "prefer", ""),
        ("::1", "prefer", ""),
        ("/run/postgresql", "prefer", ""),
        ("@fleetfeed", "prefer", ""),
        ("", "prefer", ""),
    ],
)
def test_a_host_of_ours_or_one_that_proves_itself_is_none(host: str, sslmode: str, binding: str) -> None:
    assert [*unproven(host, sslmode, binding)] == []


def test_the_connection_itself_is_asked(url: str) -> None:
    with connect(url, "test") as db:
        assert [*transport(db)] == []
