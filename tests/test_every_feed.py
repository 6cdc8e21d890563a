from fleetfeed.testing import conformance

test_inc = conformance("inc")
test_crq = conformance("crq")
