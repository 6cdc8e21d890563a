"""`fleetfeed explain`: what is known of one ticket, and what is said of one that is not known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.explained import explained
from tests.cli.site import Site
from tests.kit import HEADER, START, Bench, line, ticket
from tests.kit import export as csv_of


def at(hours: int) -> str:
    """Return when the export of this number was written, as PostgreSQL writes it."""
    return (START + timedelta(hours=hours)).isoformat()


def test_a_tickets_whole_story_is_reported_step_by_step(site: Site, bench: Bench) -> None:
    closed = {"normalized_status": "closed", "raw_status": "Closed", "closed_at": "2026-11-19 10:00"}
    bench.loaded([ticket("T1"), ticket("T2")])
    bench.loaded([ticket("T1", owner="Amina", last_seen_at="2026-11-20 09:00:00"), ticket("T2")])
    bench.loaded([ticket("T2")])
    bench.loaded([ticket("T1", owner="Amina", **closed), ticket("T2")])
    again = "last_modified + interval '1 hour'"  # the same bytes, written under the same name once more
    site.rows(
        f"INSERT INTO tickets.exports (feed, key, etag, size, last_modified) SELECT feed, key, etag, size, {again} "
        "FROM tickets.exports"
    )
    found = explained(site, "T1")
    events = [(event["kind"], event["run_id"], event["export"]) for event in found["events"]]
    assert events == [
        ("inserted", 1, "export001.csv"),
        ("updated", 2, "export002.csv"),
        ("absent", 3, "export003.csv"),
        ("updated", 4, "export004.csv"),
        ("returned", 4, "export004.csv"),
    ]
    assert [event["observed_at"] for event in found["events"]] == [at(1), at(2), at(3), at(4), at(4)]
    assert all(event["archived_key"].endswith(event["export"]) for event in found["events"])
    assert found["events"][1]["changed"] == {"owner": [None, "Amina"]}
    assert found["events"][3]["changed"]["closed_at"] == [None, "2026-11-19 10:00"]
    assert found["absences"] == [{"since": at(3), "until": at(4)}]
    (closure,) = found["closures"]
    assert (closure["closed_at"], closure["observed_at"], closure["run_id"]) == ("2026-11-19T07:00:00+00:00", at(4), 4)
    attribution = closure["attribution"]
    assert (attribution["kind"], attribution["closing_team"], attribution["basis"]) == ("repaired", "Field A", "row")
    now = found["now"]
    assert (now["state"], now["columns"]["run_id"], now["columns"]["owner"], now["age"]) == ("closed", 4, "Amina", None)
    assert datetime.fromisoformat(now["columns"]["ingested_at"]) < datetime.now(UTC)
    reported = site("explain", "inc", "T1").out.splitlines()
    assert reported[0] == "inc T1: closed"
    assert "            owner: ∅ → «Amina»" in reported
    assert "  absence   from 2026-11-20 09:00 UTC until 2026-11-20 10:00 UTC" in reported
    assert "  closure   2026-11-19 07:00 UTC, observed 2026-11-20 10:00 UTC in run 4; CLOSED Field A Amina" in reported
    assert (
        "            repaired, closed by Field A (basis row); worked on by Field A, which had it for 180 minutes"
        in reported
    )


def test_each_closure_says_whose_it_was_and_whether_it_was_reopened(site: Site, bench: Bench) -> None:
    closed = {"normalized_status": "closed", "raw_status": "Closed", "closed_at": "2026-11-20 08:30"}
    bench.loaded([ticket("T1")])
    bench.loaded([ticket("T1", assigned_team="Field B")])
    bench.loaded([ticket("T1", assigned_team="Field B", **closed)])
    bench.loaded([ticket("T1", assigned_team="Field B")])
    (closure,) = explained(site, "T1")["closures"]
    assert closure["attribution"] == {
        "episode": 1,
        "kind": "repaired",
        "closing_team": "Field B",
        "basis": "row",
        "working_team": "Field B",
        "stretch_minutes": 60,
        "handovers": 1,
        "teams": ["Field A", "Field B"],
        "reopened_at": at(4),
        "stands": True,
    }
    reported = (
        "repaired, closed by Field B (basis row); worked on by Field B, which had it for 60 minutes; 1 handover; "
    )
    assert f"            {reported}reopened 2026-11-20 10:00 UTC\n" in site("explain", "inc", "T1").out


def test_an_open_ticket_has_an_age_and_an_absent_one_has_not_returned(site: Site, bench: Bench) -> None:
    site.rows("INSERT INTO tickets.sla_targets VALUES ('inc', 'default', 60)")
    bench.loaded([ticket("T1", mttr="soon"), ticket("T2", created_at_service="", first_seen_at="")])
    now = explained(site, "T1")["now"]
    assert (now["state"], now["age"]["target_minutes"], now["age"]["sla_state"]) == ("open", 60, "overdue")
    reported = site("explain", "inc", "T1").out
    assert " minutes since created_at_service, " in reported
    assert now["unreadable"] == ["mttr"]
    assert "soon (cannot be converted to the column's type)" in reported
    assert "  age       unknown: no time is given from which it counts" in site("explain", "inc", "T2").out
    bench.loaded([ticket("T2")])
    found = explained(site, "T1")
    assert (found["now"]["state"], found["now"]["age"], found["absences"]) == (
        "absent",
        None,
        [{"since": at(2), "until": None}],
    )
    reported = site("explain", "inc", "T1").out
    assert "  absence   from 2026-11-20 08:00 UTC and has not returned" in reported
    assert "  absent    since the export of 2026-11-20 08:00 UTC" in reported


def test_rejects_that_name_a_ticket_are_reported_with_it(site: Site, bench: Bench) -> None:
    bench.loaded(csv_of([ticket("T1")]) + line("T1", "Open"))
    (reject,) = explained(site, "T1")["rejects"]
    assert (reject["reject_id"], reject["reason"], reject["record"], reject["times"]) == (1, "too few fields", 2, 1)
    assert (
        f"  reject    1: too few fields (2 of {len(HEADER)} fields), record 2, line 3, ×1, last "
        in site("explain", "inc", "T1").out
    )


KEY = "Moi Avenue, Kilimani [OLT-07/GPON 3]"


CLUSTER = "INSERT INTO tickets.geo_clusters (cluster, status, provider, precision, geom, note) VALUES ('{}', {})"


LOCATION = (
    "INSERT INTO tickets.geo_locations (location_key, cluster, status, provider, precision, geom, note) "
    f"VALUES ('{KEY}', '{{}}', {{}})"
)


POINT = "public.st_setsrid(public.st_makepoint(36.8, -1.28), 4326)"


FOUND, BETTER = f"'ok', 'gazetteer', 'street', {POINT}, NULL", "known, but the place above is better"


WRONG, NOWHERE = "'rejected', 'x', NULL, NULL, 'wrong place: 300 km off'", "'not_found', 'x', NULL, NULL, NULL"


NONE, UNASKED = "the feed has none", "not geocoded yet"


ABROAD = "not used: no coordinates, or outside the country"


FAR_OFF = "the answers were wrong places (wrong place: 300 km off)"


SHORT = "never geocoded: without codes, too little is left of the name"


# Cluster: cells of its ticket, row of the cluster, row of the location, source of the place, why not the others.
PLACES: dict[str, tuple[dict[str, str], str, str, str | None, list[str | None]]] = {
    "A": ({"latitude": "-1.28", "longitude": "36.8"}, FOUND, FOUND, "feed", [None, BETTER, BETTER]),
    "B": ({}, FOUND, FOUND, "location", [NONE, None, BETTER]),
    "C": ({}, FOUND, NOWHERE, "cluster", [NONE, "no geocoder found it", None]),
    "Donholm": ({"latitude": "51.5", "longitude": "0.1"}, "", WRONG, None, [ABROAD, FAR_OFF, UNASKED]),
    "Kilimani": ({}, "", "", None, [NONE, UNASKED, UNASKED]),
    "": ({"location_name": ""}, "", "", None, [NONE, "the ticket has no location", "the ticket has no cluster"]),
    "Ruiru": ({"location_name": "OLT-07/GPON 3"}, "", "", None, [NONE, SHORT, UNASKED]),
}


def test_a_place_comes_with_its_source_and_why_others_were_not_used(site: Site, bench: Bench) -> None:
    for name, (_, cluster, location, *_) in PLACES.items():
        for sql, values in ((CLUSTER, cluster), (LOCATION, location)):
            if values:
                site.rows(sql.format(name, values))
    bench.loaded([ticket(f"T{name}", cluster=name, **cells) for name, (cells, *_) in PLACES.items()])
    for name, (*_, used, why) in PLACES.items():
        place = explained(site, f"T{name}")["now"]["place"]
        assert (name, place["source"], [looked["why"] for looked in place["looked_at"]]) == (name, used, why)
        assert (place["latitude"] is None) == (used is None)
    assert "  place     -1.280000,36.800000 from the location (street)\n" in site("explain", "inc", "TB").out
    assert "  place     none\n" in site("explain", "inc", "TDonholm").out


def test_a_place_that_is_known_but_not_written_to_the_ticket_is_named(site: Site, bench: Bench) -> None:
    bench.loaded([ticket("T1")])
    site.rows(CLUSTER.format("Kilimani", FOUND))
    reported = site("explain", "inc", "T1").out
    assert (
        "            cluster Kilimani: ok, gazetteer, street; "
        "known, but not copied to this ticket yet: the next geocoding does" in reported
    )


def test_the_same_id_in_another_spelling_is_suggested(site: Site, bench: Bench) -> None:
    bench.loaded([ticket("INC7"), ticket("INC70")])
    for asked in ("inc7", " INC7", "I N C 7", "inc\u00a07", "INC7\u200b"):
        result = site("explain", "inc", asked)
        assert (result.code, result.out) == (2, "")
        assert result.error_lines[-1] == "next:   Did you mean `INC7`?"


def test_a_rejected_or_dropped_record_may_be_why_a_ticket_is_not_known(site: Site, bench: Bench) -> None:
    bench.loaded(csv_of([ticket("T1"), ticket("T2", is_alarm="true")]) + line("T3", "Open"))
    dropped = "The last load also dropped records, of which only the count is kept: 1 alarm."
    spelling = "Check its spelling, and whether the latest export lists it."
    assert site("explain", "inc", "T3").error_lines == [
        "error:  Feed inc has no ticket `T3`.",
        f"next:   Records that name it were rejected: `fleetfeed rejects show` 1. {dropped}",
    ]
    assert site("explain", "inc", "T2").error_lines[-1] == f"next:   {spelling} {dropped}"


STRANGE = [
    "T'; DROP TABLE tickets.inc; --",
    "%s %(x)s {0}",
    'back\\slash "quoted" \\\'',
    "🚒 Röhre",
    "\x1b[2J\x9b31m\u202e",
]


def test_an_id_of_any_kind_is_asked_for_as_it_is(site: Site, bench: Bench) -> None:
    for key in ("", "x" * 10_000, *STRANGE):
        result = site("explain", "inc", key)
        assert (result.code, result.out) == (2, "")
        assert result.error_lines[0].startswith("error:  Feed inc has no ticket `")
        assert all(text.isprintable() and len(text) < 200 for text in result.error_lines)
        assert result.error_lines[-1] == "next:   Nothing of this feed is loaded yet: `fleetfeed run inc --apply`."
    bench.loaded([ticket(key, owner=key) for key in STRANGE])
    for key in STRANGE:
        found = explained(site, key)
        assert (found["ticket_id"], found["now"]["columns"]["owner"], len(found["events"])) == (key, key, 1)
        assert all(text.isprintable() for text in site("explain", "inc", key).out.split("\n"))


@pytest.mark.parametrize("key", ["\udcff\udc9b", "T\x001"])
def test_an_id_that_is_no_text_is_reported(site: Site, key: str) -> None:
    result = site("explain", "inc", key)
    assert (result.code, result.error_lines[0]) == (2, "error:  The ticket's id is not UTF-8 text.")


def test_hostile_cells_reach_the_terminal_as_escapes(site: Site, bench: Bench) -> None:
    hostile = "\x1b]0;owned\x07 a\nb\r\x9b2J\u202e"
    site.rows(CLUSTER.format("Kilimani", f"'rejected', 'x', NULL, NULL, 'y{hostile}'"))
    bench.loaded([ticket("T1")])
    bench.loaded([ticket("T1", owner=f"x{hostile}")])
    out = site("explain", "inc", "T1").out
    assert r"x\x1b]0;owned\x07 a\nb\n\x9b2J\u202e" in out
    assert r"(y\x1b]0;owned\x07 a\nb\r\x9b2J\u202e)" in out
    assert all(text.isprintable() for text in out.split("\n"))
