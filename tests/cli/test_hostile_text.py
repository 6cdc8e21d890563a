"""Text that would be SQL, a shell's or a terminal's business is a cell like any other, in every command."""

from __future__ import annotations

import pytest

from tests.cli.site import Site
from tests.kit import export, line, ticket

HOSTILE = (
    "'; DROP TABLE tickets.inc; --",
    '"; DROP SCHEMA tickets CASCADE; --',
    "%s %(x)s {} {0}",
    "$$; SELECT pg_sleep(100); $$",
    "\\'; DROP TABLE tickets.inc; --",
    "$(touch owned) `touch owned` ; touch owned",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_it_is_stored_found_and_shown_as_it_is(site: Site, text: str) -> None:
    quoted = text.replace('"', '""')
    good = export([ticket(text, cluster=text, owner=text, location_name=text)])
    site.put(good + line(f'"{quoted}"', "x"))
    assert site("run", "inc", "--apply").code == 0
    assert site.rows("SELECT ticket_id, cluster, owner, location_name FROM tickets.inc") == [(text,) * 4]
    for command in (
        ("explain", "inc", text),
        ("places", "set", text, text, "--at", "-1.29,36.78", "--note", text),
        ("places", "list", text),
        ("rejects", "show", "1"),
        ("rejects", "replay", "1", "--line", f'"{quoted}"', "--apply"),
        ("rejects", "discard", "1", "--reason", text),
        ("export", "inc", "--csv"),
        ("status", "inc"),
        ("doctor",),
    ):
        result = site(*command)
        assert result.code == 0, (command, result.err, result.out)
    assert site.rows("SELECT resolution FROM tickets.rejects") == [(f"discarded: {text}",)]
    assert not list(site.folder.rglob("owned"))
    unknown = site("explain", "inc", f"{text}?")
    assert (unknown.code, site.rows("SELECT count(*) FROM tickets.inc")) == (2, [(1,)])
