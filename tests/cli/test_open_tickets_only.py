"""An export of open tickets only, without a column for closing times, from `feeds new` to `health`."""

from __future__ import annotations

from pathlib import Path

from tests.cli.site import Site

EXPORT = """ID;Title;Status;Opening Date;Priority;Requester
2031;Printer is jammed;Processing;2026-11-03 08:10;High;Ann
2044;No network in room 4;Pending;2026-11-14 16:45;Low;Ben
2050;Mail is slow;Processing;2026-11-15 09:20;Medium;Ben
2051;New laptop;Pending;2026-11-16 10:00;Low;Cleo
2057;Screen flickers;Processing;2026-11-17 13:05;Medium;Dan
2060;Password reset;Processing;2026-11-18 07:55;High;Ann
"""
SECTION = '\n[feeds.desk]\nsource = "file://{}"\n'


def answered(file: Path) -> list[str]:
    """Write the answers of somebody whose export lists open tickets only; give the questions."""
    lines = file.read_text().splitlines(keepends=True)
    asked = [line.strip() for line in lines if 'choose("' in line]
    kept = ("closed=None,\n" if "when was a ticket closed?" in line else line for line in lines)
    file.write_text("".join(line for line in kept if "which words mean closed?" not in line))
    return asked


def test_open_tickets_are_loaded_after_two_answers(site: Site) -> None:
    export, inbox = site.folder / "open.csv", site.folder / "desk"
    export.write_text(EXPORT)
    inbox.mkdir()
    site.write(more=SECTION.format(inbox))
    made = site("feeds", "new", "desk", "--from", str(export))
    assert (made.code, made.err) == (0, "")
    asked = answered(site.folder / "feeds" / "desk" / "__init__.py")
    assert asked == [
        'choose("which words mean closed? (Processing, Pending?; nothing if none of them does)"),',
        'closed=choose("when was a ticket closed? (no column looks like it; None if no column says it)"),',
    ]
    checked = site("feeds", "check", "desk")
    assert (checked.code, checked.err) == (0, "")
    assert "closed statuses  none: a ticket only becomes absent" in checked.out
    assert site("migrate").code == 0
    assert "6  inserted" in site("run", "desk", "--file", str(export), "--apply").out
    (inbox / "next.csv").write_text("".join(EXPORT.splitlines(keepends=True)[:-1]))
    ran = site("run", "desk", "--apply", "--json")
    assert (ran.code, ran.run["rows"]["absent"], ran.run["warnings"]) == (0, 1, [])
    status, health = site("status", "desk"), site("health", "desk")
    assert (status.code, health.code) == (0, 0)
    assert "5 open" in status.out
    assert site.rows("SELECT ticket_id FROM tickets.desk WHERE absent_since IS NOT NULL") == [("2060",)]
