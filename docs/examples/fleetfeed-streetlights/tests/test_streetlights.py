"""The feed keeps the laws that all feeds of fleetfeed keep."""

from fleetfeed.testing import conformance

test_streetlights = conformance("streetlights")
