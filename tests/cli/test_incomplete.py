"""What is not the whole truth is reported by run, status, health and the webhook, and accepted by a flag."""

from __future__ import annotations

from tests.cli.notified import documents, events, webhook
from tests.cli.site import Site
from tests.kit import ticket
from tests.pipeline.test_completeness import SIXTY, STATUS, renamed


def test_a_renamed_status_is_reported_by_every_command(site: Site) -> None:
    site.put([ticket("T1"), ticket("T2")])
    with webhook(site) as server:
        assert site("run", "inc", "--apply").code == 0
        site.put(renamed([ticket("T1"), ticket("T2")], **{STATUS: "normalized_state"}), "next.csv")
        result = site("run", "inc", "--apply")
        status, health = site("status"), site("health")
    assert (result.code, status.code, health.code) == (1, 3, 3)
    sentence = "'normalized_state' is probably 'normalized_status'"
    assert all(sentence in text for text in (result.err, status.out, health.out, documents(server)[0]["text"]))
    assert site("run", "inc", "--apply", "--accept-incomplete").code == 0
    assert (site("health").code, site("health", "--json").document["feeds"][0]["concerns"]) == (0, {})


def test_a_held_export_is_reported_until_it_is_accepted(site: Site) -> None:
    site.put(SIXTY)
    with webhook(site) as server:
        site("run", "inc", "--apply")
        site.put(SIXTY[:1], "next.csv")
        result = site("run", "inc", "--apply")
        status, health = site("status"), site("health")
        again = site("run", "inc", "--apply")
        accepted = site("run", "inc", "--apply", "--accept-incomplete")
    assert (result.code, status.code, health.code, again.code, accepted.code) == (0, 3, 3, 0, 0)
    assert "59 of 60 open tickets are not listed" in result.out
    assert all("CONCERN" in text and "59 of 60" in text for text in (status.out, health.out))
    assert events(server) == [("inc", "concern", "held", "sound"), ("inc", "recovered", "sound", "held")]
    assert "59 open tickets are no longer listed" in accepted.out
    assert site("health").code == 0


def test_pieces_are_loaded_one_after_the_other_in_one_run(site: Site) -> None:
    site.write(more='exports = "changes"\n')
    site.put([ticket("T1")], "1.csv")
    site.put([ticket("T2")], "2.csv")
    looked = site("run", "inc", "--json").document["runs"]
    loaded = site("run", "inc", "--apply", "--json").document["runs"]
    assert (len(looked), [run["rows"]["inserted"] for run in loaded]) == (1, [1, 1])
    assert "wait for their turn: 1;" in looked[0]["warnings"][0]
    assert site.outcomes() == ["loaded", "loaded"]
    assert site.tickets().keys() == {"T1", "T2"}


def test_a_refused_newest_beside_a_good_one_ends_with_an_error(site: Site) -> None:
    site.put([ticket("T1")], "1.csv")
    site.put(b"<html>", "2.csv")
    with webhook(site) as server:
        result = site("run", "inc", "--apply", "--json")
    assert (result.code, result.run["outcome"], result.run["error"]["kind"]) == (1, "loaded", "ExportRefused")
    assert events(server) == [("inc", "refused", "refused", "ok")]
    assert site("health").code == 3
