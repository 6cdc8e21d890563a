"""What doctor found, for tests."""

from __future__ import annotations

from tests.cli.site import Site

Found = list[tuple[str, str, str, str]]


def findings(site: Site, code: int = 0, /, **env: str | None) -> Found:
    """Give what doctor says to programs."""
    found = site("doctor", "--json", **env)
    rows = [tuple(item[name] for name in ("level", "area", "what", "hint")) for item in found.document["findings"]]
    assert (found.code, found.err, found.document["well"]) == (code, "", code == 0), rows
    return [(level, area, what, hint) for level, area, what, hint in rows]


def shown(site: Site, code: int = 0, /, **env: str | None) -> Found:
    """Give what doctor finds, and see that it says as much to people."""
    found, reported = findings(site, code, **env), site("doctor", **env)
    assert (reported.code, reported.err) == (code, ""), reported.out
    marks = {"✓": "ok", "!": "warning", "✗": "error"}
    assert [marks[line[0]] for line in reported.out.splitlines() if line[0] in marks] == [level for level, *_ in found]
    return found


def named(found: Found, level: str, area: str, what: str, hint: str) -> bool:
    """Return whether there is such a finding; the message of the assertion shows all that is not well."""
    unwell = [item for item in found if item[0] != "ok"]
    assert any((item[0], item[1]) == (level, area) and what in item[2] and hint in item[3] for item in found), unwell
    return True
