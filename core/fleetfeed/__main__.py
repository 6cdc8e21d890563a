"""`python -m fleetfeed` is `fleetfeed`."""

from fleetfeed.cli import main

main()
