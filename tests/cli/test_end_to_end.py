"""The way of an export from a bucket to the table, as the commands report it."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from tests.cli.site import PROCESSED, Site
from tests.kit import export, line, ticket

TWO = [ticket("INC1"), ticket("INC2")]
RUN_KEYS = {
    "feed",
    "outcome",
    "applied",
    "run_id",
    "snapshot",
    "rows",
    "unreadable_cells",
    "unknown_columns",
    "archived",
    "superseded_exports",
    "timings",
    "warnings",
    "error",
    "holder",
    "changed_fields",
    "geocoding",
}
ROW_KEYS = {"read", "dropped", "rejected", "superseded", "inserted", "updated", "unchanged", "absent", "returned"}


class Requests(logging.Handler):
    """What botocore sends: one entry per HTTP request, as botocore logs it itself."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if found := re.search(r"Sending http request: .*?method=(\w+), url=(\S+?),", record.getMessage()):
            self.sent.append(f"{found[1]} {'list' if 'list-type=2' in found[2] else 'object'}")


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    logger, handler = logging.getLogger("botocore.endpoint"), Requests()
    monkeypatch.setattr(logger, "handlers", [handler])
    monkeypatch.setattr(logger, "level", logging.DEBUG)
    monkeypatch.setattr(logger, "propagate", False)
    logger.manager._clear_cache()  # type: ignore[attr-defined]
    return handler.sent


def test_a_dry_run_shows_the_diff_and_writes_nothing(any_site: Site) -> None:
    any_site.put(TWO)
    with any_site.untouched():
        result = any_site("run", "inc")
    assert result.code == 0
    assert re.search(r" 2 +records read, of which *\n", result.out)
    assert re.search(r" 2 +inserted *\n", result.out)
    assert "Nothing was written. The same command with --apply writes it." in result.out
    assert result.err.splitlines()[-1] == "warning: without --apply nothing was written"
    assert any_site.outcomes() == []


def test_an_export_is_loaded_and_archived_and_again_only_archived(any_site: Site, requests: list[str]) -> None:
    any_site.put(TWO)
    first = any_site("run", "inc", "--apply")
    assert first.code == 0, first.err
    assert any_site.tickets() == {"INC1": "open", "INC2": "open"}
    assert list(any_site.objects()) == ["processed/export.csv"]
    assert "archived automations/inc/processed/export.csv" in first.out
    any_site.put(TWO, "export2.csv")
    requests.clear()
    again = any_site("run", "inc", "--apply")
    assert (again.code, any_site.outcomes()) == (0, ["loaded", "unchanged"])
    assert "The export is the one that is loaded already; nothing to do." in again.out
    assert (requests.count("GET list"), requests.count("GET object")) == (1, 2)  # it, and its copy before it is deleted
    assert list(any_site.objects()) == ["processed/export.csv", "processed/export2.csv"]


def test_an_unchanged_export_costs_one_list_and_no_get(any_site: Site, requests: list[str]) -> None:
    any_site.write(archive="false")
    any_site.put(TWO)
    any_site("run", "inc", "--apply")
    assert list(any_site.objects()) == ["export.csv"]
    requests.clear()
    result = any_site("run", "inc", "--apply", "--json")
    assert result.run["outcome"] == "unchanged"
    assert requests == ["GET list"]


def test_no_archive_leaves_the_export_and_the_next_run_archives_it(any_site: Site) -> None:
    any_site.put(TWO)
    any_site("run", "inc", "--apply", "--no-archive")
    assert list(any_site.objects()) == ["export.csv"]
    result = any_site("run", "inc", "--apply")
    assert (result.code, any_site.outcomes()) == (0, ["loaded", "unchanged"])
    assert list(any_site.objects()) == ["processed/export.csv"]


def test_a_second_export_with_changes_updates_exactly_those(any_site: Site) -> None:
    any_site.put(TWO)
    any_site("run", "--all", "--apply")
    later = {"source_updated_at": "2026-11-20 09:00:00"}
    any_site.put([ticket("INC1"), ticket("INC2", normalized_status="closed", **later), ticket("INC3", **later)])
    dry = any_site("run", "inc", "--dry-run", "--from-bucket")
    assert "INC2: normalized_status 'open' → 'closed'" in dry.out
    result = any_site("run", "--all", "--apply", "--json")
    rows = result.run["rows"]
    assert (rows["inserted"], rows["updated"], rows["unchanged"]) == (1, 1, 1)
    assert any_site.tickets() == {"INC1": "open", "INC2": "closed", "INC3": "open"}
    assert len(any_site.objects()) == 2
    assert all(key.startswith("processed/export") for key in any_site.objects())


def test_run_json_is_one_document_with_all_that_a_program_needs(any_site: Site) -> None:
    body = any_site.put([*TWO, ticket("INC3", mttr="abc")])
    result = any_site("run", "inc", "--apply", "--json")
    run = result.run
    assert set(result.document) == {"schema_version", "runs"}
    assert set(run) == RUN_KEYS
    assert set(run["rows"]) == ROW_KEYS
    assert (run["feed"], run["outcome"], run["applied"], run["error"]) == ("inc", "loaded", True, None)
    assert run["unreadable_cells"] == {"mttr": 1}
    assert run["archived"] == [f"{PROCESSED}export.csv"]
    snapshot = run["snapshot"]
    assert set(snapshot) == {"key", "etag", "sha256", "size", "last_modified", "truncated"}
    assert (snapshot["key"], snapshot["size"]) == ("automations/inc/export.csv", len(body))
    assert any_site.rows("SELECT max(run_id) FROM tickets.import_runs") == [(run["run_id"],)]


def test_run_json_is_one_document_also_when_the_run_fails(site: Site) -> None:
    site.put(b"<html>no export</html>")
    result = site("run", "inc", "--apply", "--json")
    assert (result.code, result.run["outcome"]) == (1, "refused")
    assert result.run["error"]["next_step"].endswith("write CSV.")
    assert set(result.run) == RUN_KEYS
    assert result.run["error"] == {
        "kind": "ExportRefused",
        "cause": "The export is refused: it is not CSV: it looks like HTML or XML.",
        "effect": "Nothing of it was loaded; the table and the bucket are as they were.",
        "next_step": result.run["error"]["next_step"],
    }


@pytest.mark.parametrize("option", ["--file", "--inc-csv"])
def test_a_file_is_loaded_without_touching_the_bucket(site: Site, tmp_path: Path, option: str) -> None:
    site.put([ticket("INC9")])
    path = tmp_path / "by hand.csv"
    path.write_bytes(export(TWO))
    result = site("run", "inc", "--apply", option, str(path))
    assert result.code == 0, result.err
    assert site.tickets() == {"INC1": "open", "INC2": "open"}
    assert list(site.objects()) == ["export.csv"]
    assert path.exists()


def test_an_empty_inbox_is_nothing_to_do(any_site: Site) -> None:
    result = any_site("run", "inc", "--apply")
    assert (result.code, any_site.outcomes()) == (0, ["empty"])
    assert "There is no export in the bucket; nothing to do." in result.out


def test_quiet_says_nothing_on_stderr(site: Site) -> None:
    site.put(TWO)
    assert site("--quiet", "run", "inc").err == ""


def test_the_rejects_of_a_run_are_listed_and_shown_with_their_bytes(site: Site) -> None:
    site.put(export(TWO) + line("INC3", "caf\\xE9", "too few"))
    result = site("run", "inc", "--apply")
    assert re.search(r" 1 +rejected: too few fields *\n", result.out)
    assert "next     fleetfeed rejects list inc" in result.out
    assert site("rejects", "list").out == site("rejects", "list", "inc").out
    listed = site("rejects", "list", "--json").document["rejects"]
    assert [(row["feed"], row["line"], row["ticket_id"], row["times"]) for row in listed] == [("inc", 4, "INC3", 1)]
    number = str(listed[0]["reject_id"])
    assert "too few fields (3 of 32 fields)" in site("rejects", "list").out
    shown = site("rejects", "show", number)
    assert "raw_text" in shown.out
    assert "INC3,caf" in shown.out
    document = site("rejects", "show", number, "--json").document["reject"]
    assert document["header"].startswith("ticket_id,")
    assert document["raw_text"].startswith("INC3,")
