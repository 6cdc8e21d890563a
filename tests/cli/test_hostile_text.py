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


ACTED_UPON = "x\x1b]0;owned\x07\x1b[2J\x9b2J\u202ey\nerror:  forged\ninc: run ended with exit code 0"


def test_no_terminal_acts_upon_it_and_it_begins_no_line_of_its_own(site: Site) -> None:
    def shows(*command: str, code: int = 0) -> None:
        result = site(*command)
        assert result.code == code, (command, result.err, result.out)
        shown = (result.out + result.err).splitlines()
        assert [line for line in shown if not line.isprintable()] == [], command
        assert [line for line in shown if line.startswith(("error:  forged", "inc: run ended"))] == [], command

    def exported(owner: str) -> bytes:
        row = {**ticket(ACTED_UPON, cluster=ACTED_UPON, owner=owner, closed_at=""), ACTED_UPON: "unknown"}
        return export([row], list(row))

    site.put(exported("nobody") + line("INC2"), "export\u202e.csv")
    shows("run", "inc")
    shows("-v", "run", "inc", "--apply")
    site.put(exported(ACTED_UPON), "later\u202e.csv")
    shows("run", "inc")
    shows("run", "inc", "--apply", "--trace")
    site.put(export([ticket("INC1")]) + line(f'"{ACTED_UPON}"', "x"), "last\u202e.csv")
    shows("run", "inc", "--apply")
    row = {**ticket("INC1", closed_at=""), ACTED_UPON: "", "second": ""}
    twice = export([row], list(row)).replace(b"second", b"ticket_id", 1)
    site.put(twice, "twice\u202e.csv")
    shows("run", "inc", "--apply", code=1)
    shows("explain", "inc", ACTED_UPON)
    shows("explain", "inc", f"{ACTED_UPON}?", code=2)
    shows("places", "set", ACTED_UPON, ACTED_UPON, "--at", "-1.29,36.78", "--note", ACTED_UPON)
    shows("places", "list")
    shows("rejects", "list")
    shows("rejects", "show", "1")
    shows("rejects", "discard", "1", "--reason", ACTED_UPON)
    shows("status", code=3) if site("status").code else shows("status")
    shows("doctor")
    site.listen(
        raises=f"from fleetfeed import hookimpl\n@hookimpl\ndef feed_filter(): raise ValueError({ACTED_UPON!r})\n"
    )
    site.put(exported("somebody"), "newest.csv")
    shows("--debug", "run", "inc", "--apply", code=1)
