"""The webhook hears of each change of a state, once: across runs, commands and processes, whatever is down."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import count

import psycopg

from tests.cli.notified import DOWN, TOKEN, WRONG_KEY, documents, events, webhook
from tests.cli.site import Site
from tests.cli.test_status import ago, written
from tests.database.schema.derived.test_bursts import at
from tests.fault_server import Answer
from tests.kit import ROOT, export, ticket

FAILED = ("inc", "failed", "failed", "ok")
WELL = ("inc", "recovered", "ok", "failed")


def apply(site: Site, **env: str) -> int:
    return site("run", "inc", "--apply", **env).code


def test_a_failure_is_reported_once_and_its_end_once(site: Site) -> None:
    with webhook(site) as server:
        codes = [apply(site, **WRONG_KEY), apply(site, **WRONG_KEY), apply(site), apply(site), apply(site, **WRONG_KEY)]
    assert codes == [1, 1, 0, 0, 1]
    assert events(server) == [FAILED, WELL, FAILED]
    first, second, _ = documents(server)
    assert (first["run"]["run_id"], first["run"]["outcome"]) == (1, "failed")
    assert first["run"]["error"]["kind"] == "BucketError"
    assert first["run"]["error"]["next_step"].startswith("Check RUSTFS_ACCESS_KEY")
    assert first["text"].startswith("inc: run 1 failed: Bucket ")
    assert re.fullmatch(r"inc: runs succeed again \(failed since \d{4}-\d\d-\d\d \d\d:\d\d UTC\)", second["text"])
    assert (first["previous_since"], second["run"]["error"]) == (None, None)
    reported = [datetime.fromisoformat(text) for text in (first["at"], second["previous_since"], second["at"])]
    assert reported[0] - timedelta(seconds=1) < reported[1] < reported[2] + timedelta(seconds=1)


def test_each_process_tells_by_what_stands_in_the_database(site: Site) -> None:
    with webhook(site) as server:
        for env in (WRONG_KEY, WRONG_KEY, {}):
            kept = dict(site.env)
            site.env |= env
            site.ended(site.process("run", "inc", "--apply"))
            site.env = kept
    assert events(server) == [FAILED, WELL]


def test_a_refusal_is_reported_with_its_reason(site: Site) -> None:
    site.put(export([ticket("INC2", location_name="X")]).replace(b"X", b'"X'))
    with webhook(site) as server:
        apply(site)
        apply(site, **WRONG_KEY)
    assert events(server) == [("inc", "refused", "refused", "ok"), ("inc", "failed", "failed", "refused")]
    assert "opens a quote that is not closed" in documents(server)[0]["text"]


def test_a_stopped_exporter_is_reported_and_so_is_its_return(site: Site) -> None:
    site.put([ticket("INC1")])
    with webhook(site) as server:
        apply(site)
        written(site, source_last_modified=ago(days=9))
        apply(site)
        apply(site)
        site.put([ticket("INC1"), ticket("INC2")], "next.csv")
        apply(site)
    assert events(server) == [
        ("inc", "stale", "exporter stopped", "fresh"),
        ("inc", "recovered", "fresh", "exporter stopped"),
    ]
    reported = documents(server)[0]
    assert (reported["alarm"], reported["run"], reported["freshness"]["reason"]) == (
        "freshness",
        None,
        "exporter stopped",
    )
    assert "see that the exporter still runs" in reported["text"]


def test_missing_runs_are_reported_once_and_ended_by_the_next_run(site: Site) -> None:
    site.put([ticket("INC1")])
    apply(site)
    written(site, checked_at=ago(hours=3))
    with webhook(site) as server:
        codes = [site("health", *args).code for args in ((), ("--notify",), ("--notify",))]
        apply(site)
        codes.append(site("health", "--notify").code)
    assert codes == [3, 3, 3, 0]
    assert events(server) == [
        ("inc", "stale", "fleetfeed stopped", "fresh"),
        ("inc", "recovered", "fresh", "fleetfeed stopped"),
    ]


def test_failing_runs_and_old_data_are_two_states_that_do_not_take_turns(site: Site) -> None:
    site.put([ticket("INC1")])
    apply(site)
    written(site, checked_at=ago(hours=3))
    with webhook(site) as server:
        for _ in range(2):
            apply(site, **WRONG_KEY)
            site("health", "--notify")
    assert events(server) == [FAILED, ("inc", "stale", "fleetfeed stopped", "fresh")]


def test_an_unreachable_webhook_is_a_warning_and_is_called_next_time(site: Site) -> None:
    answers = count()
    with webhook(site, lambda asked: Answer(status=500 if next(answers) == 0 else 200)) as server:
        first = site("run", "inc", "--apply", "--json", **WRONG_KEY)
        apply(site, **WRONG_KEY)
        apply(site, **WRONG_KEY)
    reported = "The webhook (FLEETFEED_NOTIFY__WEBHOOK) was not delivered: it answered 500."
    assert (first.code, first.run["warnings"]) == (1, [reported])
    assert events(server) == [FAILED, FAILED]
    assert site.rows("SELECT feed, alarm, state FROM tickets.alarms") == [("inc", "run", "failed")]


def test_a_webhook_that_cannot_be_reached_changes_nothing_of_health(site: Site) -> None:
    site.put([ticket("INC1")])
    apply(site)
    written(site, checked_at=ago(hours=3))
    result = site("health", "--notify", FLEETFEED_NOTIFY__WEBHOOK=f"http://127.0.0.1:1/{TOKEN}")
    assert (result.code, result.out.split(";")[0]) == (3, "inc: STALE")
    why = "The webhook (FLEETFEED_NOTIFY__WEBHOOK) was not delivered: it cannot be reached (ConnectError)."
    assert result.err == f"warning: inc: {why}\n"


def test_a_database_that_is_down_is_reported_once_a_process_as_unsure(site: Site) -> None:
    site.write(more='\n[feeds.crq]\nsource = "file:///nowhere/"\narchive = false\n')
    with webhook(site) as server:
        codes = [site("run", "--all", "--apply", **DOWN).code, apply(site, **DOWN)]
    assert codes == [1, 1]
    assert events(server) == [("inc", "failed", "failed", None)] * 2
    reported = documents(server)[0]
    assert (reported["run"]["run_id"], reported["run"]["error"]["kind"]) == (None, "DatabaseError")
    assert reported["text"].endswith("(what was sent before is unknown: this may be sent again)")
    assert "canary-word" not in str(documents(server))


def test_a_database_that_was_never_migrated_is_reported_too(site: Site, empty_url: str) -> None:
    with webhook(site) as server:
        result = site("run", "inc", "--apply", DATABASE_URL=empty_url)
    assert events(server) == [("inc", "failed", "failed", None)]
    assert documents(server)[0]["run"]["error"]["kind"] == "SchemaBehind"
    assert result.code == 1
    assert "warning  What the webhook was sent could not be recorded: The database lacks" in result.out
    assert "core.webhook failed" not in result.out


def test_a_feed_that_cannot_be_loaded_itself_is_reported_too(site: Site) -> None:
    (site.folder / "feeds").mkdir()
    (site.folder / "feeds" / "crq.py").write_text("import no_such_module\n")
    site.write(more='\n[feeds.crq]\nsource = "file:///nowhere/"\narchive = false\n')
    with webhook(site) as server:
        site("run", "--all", "--apply")
    assert events(server) == [("crq", "failed", "failed", "ok")]


def test_neither_a_look_nor_a_busy_run_is_reported(site: Site) -> None:
    with webhook(site) as server, psycopg.connect(site.url) as other:
        site("run", "inc", **WRONG_KEY)
        other.execute("SELECT pg_advisory_lock(hashtextextended('fleetfeed:inc', 0))")
        assert site("run", "inc", "--apply", "--json").run["outcome"] == "busy"
    assert server.asked == []


def test_to_notify_needs_a_webhook_and_one_limit(site: Site) -> None:
    without = site("health", "--notify")
    assert (without.code, without.error_lines[0]) == (2, "error:  There is no webhook to notify.")
    with webhook(site):
        both = site("health", "--notify", "--max-age", "90")
    assert (both.code, "set checked_after instead" in " ".join(both.err.replace("│", " ").split())) == (2, True)


def test_the_document_has_the_members_that_are_documented(site: Site) -> None:
    with webhook(site) as server:
        apply(site, **WRONG_KEY)
    block = re.search(r"```\n\{(schema_version, event.*?)\}\n```", (ROOT / "docs/alarms.md").read_text(), re.DOTALL)
    assert block is not None
    (reported,) = documents(server)
    assert list(reported) == re.findall(r"\w+", re.sub(r"\{[^{}]*(\{[^{}]*\})?[^{}]*\}", "", block[1]))
    for name in (*reported["run"], *reported["run"]["error"]):
        assert name in block[1]


def test_a_burst_is_reported_once_and_when_it_is_over(site: Site) -> None:
    together = [at(f"B{number}", 0.1 * number, 5) for number in range(6)]
    site.put([*together, at("NEWEST", 0, 60)])
    with webhook(site) as server:
        assert [apply(site), apply(site)] == [0, 0]
        site.put([at("NEWEST", 0, 60)], "next.csv")
        assert site("run", "inc", "--apply", "--accept-incomplete").code == 0
    reported = [one for one in documents(server) if one["alarm"] == "bursts"]
    assert [(one["event"], one["state"], one["previous"]) for one in reported] == [
        ("burst", "B5", "none"),
        ("recovered", "none", "B5"),
    ]
    assert reported[0]["text"].startswith("inc: Kilimani: 6 tickets within 0 m since ")
    assert reported[0]["bursts"][0]["n"] == 6
