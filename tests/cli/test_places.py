"""Places that a person looks at, sets and imports."""

from __future__ import annotations

from tests.cli.locationiq import TICKETS, provider, sources
from tests.cli.site import Site


def test_places_are_listed_set_and_imported(site: Site) -> None:
    site.put(TICKETS)
    site("run", "inc", "--apply")
    assert "There are no places" in site("places", "list").out
    with provider(site):
        site("geocode", "inc", "--clusters", "--locations")
    listed = site("places", "list").out.splitlines()
    assert listed[0] == "Kilimani: ok -1.29210,36.78560 neighbourhood locationiq"
    assert any(line.startswith("QOA / Far Street: rejected street locationiq (wrong place: 4") for line in listed)

    done = site("places", "set", "QOA", "Far Street", "--at", "-1.285,36.841", "--precision", "venue", "--note", "seen")
    assert done.out == "1 place is set by hand.\n  inc: 1 ticket has another place now\n"
    assert sources(site)["INC4"] == ("location", "venue")
    assert site("places", "list", "QOA", "--status", "manual").out == (
        "QOA / Far Street: manual -1.28500,36.84100 venue (seen)\n"
    )

    (site.folder / "mine.csv").write_text(
        "cluster,location,latitude,longitude\nQOA,,-1.2850,36.8410\nGhost,,-1.3,36.8\n"
    )
    imported = site("places", "import", "mine.csv")
    assert imported.out == "2 places are set by hand.\n  inc: 1 ticket has another place now\n"
    assert imported.err == "warning: no ticket has the cluster 'Ghost'\n"
    document = site("places", "list", "--json", "--status", "manual").document
    places = document["places"]
    assert document["more"] is False
    assert [(place["cluster"], place["location"]) for place in places] == [
        ("Ghost", None),
        ("QOA", None),
        ("QOA", "Far Street"),
    ]


def test_a_list_that_is_cut_says_so(site: Site) -> None:
    site("migrate")
    (site.folder / "mine.csv").write_text(
        "cluster,latitude,longitude\n" + "".join(f"Area {number},-1.3,36.8\n" for number in range(3))
    )
    site("places", "import", "mine.csv")
    assert site("places", "list", "--limit", "2").out.splitlines()[2:] == ["… more than 2; --limit N shows them."]
    assert len(site("places", "list", "--limit", "3").out.splitlines()) == 3
    cut = site("places", "list", "--limit", "2", "--json").document
    assert (len(cut["places"]), cut["more"]) == (2, True)


def test_a_place_is_shown_without_what_a_terminal_would_act_upon(site: Site) -> None:
    site("places", "set", "Kili\x1b[2Jmani", "--at", "-1.29,36.78", "--note", "a\x07bell")
    shown = site("places", "list").out
    assert "Kili\\x1b[2Jmani: manual -1.29000,36.78000 (a\\x07bell)" in shown


def test_a_place_that_makes_no_sense_is_refused(site: Site) -> None:
    wrong = {"36.78,-1.29": "is it latitude first?", "": "decimal degrees", "here": "decimal degrees"}
    for at, said in wrong.items():
        result = site("places", "set", "Kilimani", "--at", at)
        assert result.code == 2
        assert said in result.err
    assert site.rows("SELECT count(*) FROM tickets.geo_clusters") == [(0,)]
