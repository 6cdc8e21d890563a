"""What stands on stderr: the lines a person knows, or one JSON object each; more or less of it; no secret in any."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fleetfeed.runtime import logs
from fleetfeed.text.redact import remember
from tests.cli.locationiq import BOTH, TICKETS, provider
from tests.cli.notified import WRONG_KEY, webhook
from tests.cli.site import Result, Site
from tests.fault_server import Answer
from tests.kit import export, line, ticket

if TYPE_CHECKING:
    import pytest

KEYS = ("ts", "level", "feed", "run_id", "stage", "event", "counts")


def lines(result: Result) -> list[dict[str, Any]]:
    """Read the lines; each is one object with all the keys."""
    found = [json.loads(text) for text in result.err.splitlines()]
    assert [one for one in found if tuple(one)[: len(KEYS)] != KEYS] == []
    return found


def of(event: str, result: Result) -> list[dict[str, Any]]:
    return [one for one in lines(result) if one["event"] == event]


def test_each_stage_of_a_run_and_its_end_are_lines_with_counts(site: Site) -> None:
    site.put(export([ticket("INC1"), ticket("INC2", is_alarm="true")]) + line("INC3"))
    began = datetime.now(UTC)
    result = site("--log-format", "json", "run", "inc", "--apply", "--json")
    stages = of("stage", result)
    assert [one["stage"] for one in stages] == ["source", "upsert", "archive", "history"]
    assert [one["run_id"] for one in stages] == [None, 1, 1, 1]
    assert (stages[0]["counts"], stages[1]["counts"]) == (None, result.run["rows"])
    (ended,) = of("run", result)
    assert (ended["level"], ended["feed"], ended["run_id"], ended["outcome"]) == ("info", "inc", 1, "loaded")
    assert (ended["counts"], ended["timings"]) == (result.run["rows"], result.run["timings"])
    assert began <= datetime.fromisoformat(ended["ts"]) <= datetime.now(UTC)


def test_an_error_is_one_line_with_all_that_a_person_is_reported(site: Site) -> None:
    reported = site("run", "inc", "--apply", **WRONG_KEY).error_lines
    result = site("--log-format", "json", "--debug", "run", "inc", "--apply", **WRONG_KEY)
    (error,) = of("error", result)
    assert [error["cause"], error["effect"], error["next_step"]] == [text[8:] for text in reported]
    assert (error["kind"], error["level"], error["feed"], error["run_id"]) == ("BucketError", "error", "inc", 2)
    assert error["traceback"].startswith("Traceback (most recent call last):")
    assert WRONG_KEY["RUSTFS_SECRET_KEY"] not in result.err


def test_an_error_in_a_json_document_is_on_stderr_only_for_programs(site: Site) -> None:
    text = site("run", "inc", "--apply", "--json", **WRONG_KEY)
    assert [one for one in text.err.splitlines() if not one.startswith("inc: ")] == []
    assert len(of("error", site("--log-format", "json", "run", "inc", "--apply", "--json", **WRONG_KEY))) == 1


def test_an_error_outside_of_a_run_is_a_line_too(site: Site) -> None:
    (error,) = lines(site("--log-format", "json", "status", "ink"))
    assert (error["event"], error["kind"], error["feed"]) == ("error", "ConfigError", None)


def test_warnings_are_lines(site: Site) -> None:
    result = site("--log-format", "json", "run", "inc", FLEETFEED_STORE__REGIN="x")
    reported = [one["message"] for one in of("warning", result)]
    assert [one.split(",")[0] for one in reported] == [
        "FLEETFEED_STORE__REGIN is not a setting",
        "without --apply nothing was written",
    ]
    with webhook(site, lambda asked: Answer(status=500)):
        result = site("--log-format", "json", "run", "inc", "--apply", **WRONG_KEY)
    (warning,) = of("warning", result)
    assert (warning["level"], warning["feed"], warning["message"][:11]) == ("warning", "inc", "The webhook")


def test_what_migrate_does_and_what_geocoding_comes_to_are_lines(site: Site, empty_url: str) -> None:
    steps = of("step", site("--log-format", "json", "migrate", DATABASE_URL=empty_url))
    assert steps[0]["message"] == "bring the core's objects to head (Alembic)"
    site.put(TICKETS)
    with provider(site):
        result = site("--log-format", "json", "run", "inc", "--apply", "--json", *BOTH)
    (geocoded,) = of("geocoded", result)
    assert geocoded["counts"]["clusters"]["results"] == {"ok": 2}
    assert [one["counts"] for one in of("stage", result) if one["stage"] == "geocode"] == [
        {"clusters": 2},
        {"locations": 3},
    ]


def test_quiet_leaves_errors_and_verbose_tells_more(site: Site) -> None:
    body = site.put([ticket("INC1")])
    plain = site("run", "inc").err.splitlines()
    verbose = site("-v", "run", "inc").err.splitlines()
    assert [one.rstrip("0123456789. s") for one in plain[:-1]] == ["inc: source", "inc: upsert"]
    assert plain[-1] == "warning: without --apply nothing was written"
    assert site("-q", "run", "inc").err == ""
    more = [one for one in verbose if not one.startswith(("inc: source", "inc: upsert", "warning"))]
    assert more[0].startswith("connected to postgresql://")
    assert more[1].startswith(f"inc: export automations/inc/export.csv, {len(body)} bytes, ETag ")
    assert more[2:] == ["inc: 1 read, 1 inserted"]
    quiet = site("-q", "--log-format", "json", "run", "inc", "--apply", **WRONG_KEY)
    assert [one["event"] for one in lines(quiet)] == ["run", "error"]


def test_what_another_library_logs_passes_through_the_same_filter(capsys: pytest.CaptureFixture[str]) -> None:
    token = "another-T0ken"  # what other tests gave is remembered with its path
    remember(token)
    library = logging.getLogger("httpx")
    for as_json in (False, True):
        logs.set_up(as_json=as_json)
        library.info("HTTP Request: GET https://h/%s", token)
        library.warning("GET https://h/%s?key=abc failed", token)
    text, document = capsys.readouterr().err.splitlines()
    assert text == "warning: GET https://h/***?key=*** failed"
    reported = json.loads(document)
    assert (reported["message"], reported["logger"], reported["event"]) == (
        text.removeprefix("warning: "),
        "httpx",
        "log",
    )


def test_secrets_in_fields_and_tracebacks_are_masked_and_lines_stay_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    remember('can"ary\\n')
    logs.set_up(as_json=True)
    try:
        raise ValueError('can"ary\\n')
    except ValueError as error:
        logs.log(logs.ERROR, 'can"ary\\n', event="x", counts={'can"ary\\n': ['can"ary\\n', 1]}, trace=error)
    logs.set_up()
    reported = json.loads(capsys.readouterr().err)
    assert (reported["message"], reported["counts"], "ary" in str(reported)) == ("***", {"***": ["***", 1]}, False)


def test_what_a_plugin_prints_is_a_line_of_its_own(site: Site) -> None:
    hook = "@hookimpl\ndef feed_ended(): print('one\\n\\ntwo', end='')\n"
    code = f"from fleetfeed import hookimpl\nprint('imported')\n{hook}"
    site.listen(loud=code)
    site.put([ticket("INC1")])
    result = site("--log-format", "json", "run", "inc", "--apply", "--json")
    printed = of("printed", result)
    assert {one["plugin"] for one in printed} == {"loud"}
    assert [one["message"].removeprefix("plugin loud: ") for one in printed] == ["imported", "one", "", "two"]


def test_what_python_warns_of_is_a_line_without_secrets(site: Site) -> None:
    warns = "import os, warnings\nwarnings.warn('key ' + os.environ['RUSTFS_SECRET_KEY'])\n"
    site.listen(warns=f"from fleetfeed import hookimpl\n{warns}")
    site.put([ticket("INC1")])
    with site.process("--log-format", "json", "run", "inc", "--apply") as process:
        result = site.ended(process)
    assert result.code == 0
    (warned,) = [one for one in of("log", result) if "UserWarning" in one["message"]]
    assert (warned["logger"], "key ***" in warned["message"]) == ("py.warnings", True)
