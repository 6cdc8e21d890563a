"""Keep the earlier program's schedule working: `python import_tickets.py --from-bucket --apply` runs the feed INC."""

import sys

from fleetfeed.cli import main

sys.argv[1:1] = ["run", "inc"]
main()
