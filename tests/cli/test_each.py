"""`load = "each"`: one command loads every unread export in order."""

from __future__ import annotations

from tests.cli.site import Site
from tests.kit import ticket


def test_one_command_loads_all_that_wait(site: Site) -> None:
    site.write(more='load = "each"\n')
    for number in range(3):
        site.put([ticket("T1", owner=f"O{number}")], f"{number}.csv")
    runs = site("run", "inc", "--apply", "--json").document["runs"]
    assert [(run["outcome"], run["snapshot"]["key"][-5:]) for run in runs] == [
        ("loaded", "0.csv"),
        ("loaded", "1.csv"),
        ("loaded", "2.csv"),
    ]
    assert site.rows("SELECT count(*) FROM tickets.ticket_changes") == [(3,)]
