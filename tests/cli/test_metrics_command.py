"""`fleetfeed metrics`: what Prometheus' own parser reads of it is what the database holds."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fleetfeed.monitoring.metrics import Sample, exposition
from tests.cli.notified import DOWN, WRONG_KEY
from tests.cli.site import Result, Site
from tests.cli.test_status import ago, written
from tests.kit import ROOT, export, line, ticket

if TYPE_CHECKING:
    from prometheus_client.core import Metric


def families(result: Result) -> dict[str, Metric]:
    """Read what was written; every family has a help text, a type and the prefix."""
    found = list(text_string_to_metric_families(result.out))
    assert [one.name for one in found if not one.documentation or not one.name.startswith("fleetfeed_")] == []
    assert {one.type for one in found} == {"gauge"}
    return {one.name: one for one in found}


def values(family: Metric, label: str = "feed") -> dict[str, float]:
    return {sample.labels[label]: sample.value for sample in family.samples}


def test_a_feed_without_a_run_has_its_counts_and_no_times(site: Site) -> None:
    result = site("metrics")
    found = families(result)
    assert (result.code, result.err) == (0, "")
    assert found["fleetfeed_last_success_timestamp_seconds"].samples == []
    assert values(found["fleetfeed_tickets"]) == {"inc": 0}
    assert set(values(found["fleetfeed_ledger_runs"], "outcome").values()) == {0}
    assert values(found["fleetfeed_freshness"], "state")["unknown"] == 1


def test_the_metrics_tell_what_runs_did_and_how_tickets_stand(site: Site) -> None:
    site.rows("INSERT INTO tickets.sla_targets VALUES ('inc', 'default', 60)")
    rows = [ticket("INC1"), ticket("INC2", normalized_status="closed"), ticket("INC3", is_alarm="true")]
    site.put(export(rows) + line("INC4"))
    began = datetime.now(UTC).timestamp()
    site("run", "inc", "--apply")
    loaded = families(site("metrics", "inc"))
    site("run", "inc", "--apply", **WRONG_KEY)
    failed = families(site("metrics"))

    assert values(loaded["fleetfeed_last_run_records"], "result") == {
        "dropped": 1,
        "rejected": 1,
        "superseded": 0,
        "inserted": 2,
        "updated": 0,
        "unchanged": 0,
    }
    counts = {"tickets": 2, "open_tickets": 1, "overdue_tickets": 1, "absent_tickets": 0, "unmapped_tickets": 2}
    counts["unresolved_rejects"] = 1
    for name, count in counts.items():
        assert values(loaded[f"fleetfeed_{name}"]) == {"inc": count}
    runs = values(failed["fleetfeed_ledger_runs"], "outcome")
    assert (runs["loaded"], runs["failed"], runs["busy"]) == (1, 1, 0)
    (succeeded,) = values(failed["fleetfeed_last_success_timestamp_seconds"]).values()
    (ended,) = values(failed["fleetfeed_last_run_timestamp_seconds"]).values()
    (seconds,) = values(failed["fleetfeed_last_run_duration_seconds"]).values()
    assert began < succeeded < ended < datetime.now(UTC).timestamp()
    assert 0 < seconds < ended - succeeded
    assert sum(values(failed["fleetfeed_last_run_records"], "result").values()) == 0


def test_a_replay_is_no_run_of_the_schedule(site: Site) -> None:
    site.put(export([ticket("INC1")]) + line("INC4"))
    site("run", "inc", "--apply")
    before = families(site("metrics"))
    (reject,) = site.rows("SELECT reject_id FROM tickets.rejects")[0]
    corrected = export([ticket("INC4")]).splitlines()[1].decode()
    assert site("rejects", "replay", str(reject), "--line", corrected, "--apply").code == 0
    assert list(site.tickets()) == ["INC1", "INC4"]
    after = families(site("metrics"))
    for name in ("fleetfeed_ledger_runs", "fleetfeed_last_success_timestamp_seconds", "fleetfeed_last_run_records"):
        assert after[name].samples == before[name].samples


def test_freshness_is_one_state_of_four(site: Site) -> None:
    written(site, source_key="x", source_last_modified=ago(days=9), checked_at=ago(minutes=2))
    found = families(site("metrics"))
    states = {"fresh": 0, "unknown": 0, "fleetfeed_stopped": 0, "exporter_stopped": 1}
    assert values(found["fleetfeed_freshness"], "state") == states
    (at,) = values(found["fleetfeed_export_written_timestamp_seconds"]).values()
    assert datetime.now(UTC).timestamp() - at == pytest.approx(9 * 86400, abs=60)


def test_each_feed_is_a_label_and_one_that_cannot_be_used_is_reported(site: Site) -> None:
    site.write(more='\n[feeds.crq]\nsource = "file:///nowhere/"\narchive = false\n')
    result = site("metrics")
    assert values(families(result)["fleetfeed_tickets"]) == {"inc": 0}
    assert (result.code, "feed crq" in result.error_lines[0]) == (1, True)
    site("migrate")
    assert values(families(site("metrics"))["fleetfeed_tickets"]) == {"inc": 0, "crq": 0}


def test_metrics_of_a_database_that_is_down_replace_no_file(site: Site) -> None:
    result = site("metrics", **DOWN)
    assert (result.code, result.out) == (1, "")


def test_a_label_is_escaped_as_prometheus_reads_it() -> None:
    text = exposition([Sample("freshness", "inc", 1, {"state": 'a"b\\c\nd'})])
    (sample,) = [one for family in text_string_to_metric_families(text) for one in family.samples]
    assert sample.labels == {"feed": "inc", "state": 'a"b\\c\nd'}


def test_every_metric_is_documented_and_every_documented_metric_exists(site: Site) -> None:
    rows = re.findall(r"^\| (`fleetfeed_[^|]+)\|", (ROOT / "docs/alarms.md").read_text(), re.MULTILINE)
    reported = set(re.findall(r"`(\w+)(?:\{\w+\})?`", " ".join(rows)))
    assert set(re.findall(r"^# TYPE (\w+) ", site("metrics").out, re.MULTILINE)) == reported
