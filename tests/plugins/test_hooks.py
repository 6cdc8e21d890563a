"""Who is asked, in which order, and what a plugin may do."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetfeed import RowRejected, Ticket
from fleetfeed.errors import PluginError
from fleetfeed.hookspecs import Hooks, hooks_of
from fleetfeed.plugins.registry import find
from fleetfeed.stages import STAGES
from tests.reader.samples import row

HEAD = """
from fleetfeed import Feed, Moment, Roles, Text, Ticket, hookimpl
FEED = Feed(
    name={name!r}, key="id", columns=(Text("status"), Moment("at")),
    roles=Roles("status", ("closed",), "at", ("at",), "status", "status", "status"),
)
"""
FILTER = """
@hookimpl
def feed_filter(feed, row):
    return {answer}
"""


def project(folder: Path, **plugins: str) -> Path:
    for name, text in plugins.items():
        (folder / "feeds").mkdir(exist_ok=True)
        (folder / "feeds" / f"{name}.py").write_text(HEAD.replace("{name!r}", repr(name)) + text)
    return folder


def hooks(folder: Path, *others: str, feed: str = "water") -> Hooks:
    found = find(folder, ["feeds"])
    return hooks_of(found.manager(found.feed(feed), others, stages=STAGES))


def filtered(folder: Path, *others: str, feed: str = "water", **values: str) -> str | None:
    found = find(folder, ["feeds"])
    return hooks(folder, *others, feed=feed).feed_filter(feed=found.feed(feed), row=row({"id": "1"} | values))


def normalised(folder: Path, **values: str) -> Ticket | None:
    found = find(folder, ["feeds"])
    return hooks(folder).feed_normalise(feed=found.feed("water"), row=row(values))


def test_without_hooks_of_its_own_a_feed_gets_the_cores_answers(tmp_path: Path) -> None:
    project(tmp_path, water="")
    assert filtered(tmp_path) is None
    ticket = normalised(tmp_path, id=" 1 ")
    assert ticket is not None
    assert ticket.raw == {"id": "1"}


def test_a_feed_can_answer_by_itself_and_leave_the_rest_to_the_core(tmp_path: Path) -> None:
    answer = "'test' if row.values.get('status') == 'test' else None"
    project(tmp_path, water=FILTER.format(answer=answer))
    assert filtered(tmp_path, status="test") == "test"
    assert filtered(tmp_path, status="open") is None


def test_the_feed_is_asked_first_then_its_observers_then_the_core(tmp_path: Path) -> None:
    said = "{'feed': %r}.get(row.values.get(%r))"
    project(
        tmp_path,
        water=FILTER.format(answer=said % ("water", "water")),
        watcher=FILTER.format(answer=said % ("watcher", "watcher")),
    )
    assert filtered(tmp_path, "watcher", water="feed", watcher="feed") == "water"
    assert filtered(tmp_path, "watcher", water="nobody", watcher="feed") == "watcher"
    assert filtered(tmp_path, "watcher", water="nobody", watcher="nobody") is None
    assert filtered(tmp_path, "water", "watcher", water="feed", watcher="feed") == "water"


def test_the_core_is_asked_last_and_not_at_all_after_an_answer(tmp_path: Path) -> None:
    text = "@hookimpl\ndef feed_normalise(feed, row):\n    return Ticket('mine', {'id': 'mine'}, row)\n"
    project(tmp_path, water=text)
    ticket = normalised(tmp_path, id="")  # the core would have rejected it
    assert ticket is not None
    assert ticket.key == "mine"


def test_a_feed_can_wrap_the_cores_answer(tmp_path: Path) -> None:
    text = """
from dataclasses import replace

@hookimpl(wrapper=True)
def feed_normalise(row):
    ticket = yield
    return replace(ticket, raw={**ticket.raw, "wrapped": "yes"})
"""
    project(tmp_path, water=text)
    ticket = normalised(tmp_path, id=" 1 ", status="open")
    assert ticket is not None
    assert ticket.raw == {"id": "1", "status": "open", "wrapped": "yes"}
    with pytest.raises(RowRejected, match="empty key"):
        normalised(tmp_path, id=" ")


def test_one_feeds_filter_never_answers_for_another(tmp_path: Path) -> None:
    project(tmp_path, water="", power=FILTER.format(answer="'power says no'"))
    assert filtered(tmp_path) is None
    assert filtered(tmp_path, feed="power") == "power says no"


def test_an_observer_only_observes_feeds_that_name_it(tmp_path: Path) -> None:
    project(tmp_path, water="", watcher=FILTER.format(answer="'watched'"))
    assert filtered(tmp_path) is None
    assert filtered(tmp_path, "watcher") == "watched"
    assert filtered(tmp_path, "watcher", "watcher") == "watched"


def test_an_observer_that_is_missing_is_reported(tmp_path: Path) -> None:
    project(tmp_path, water="")
    with pytest.raises(PluginError, match="There is no plugin 'ghost'"):
        hooks(tmp_path, "ghost")


def test_a_misspelt_hook_is_an_error_that_names_it(tmp_path: Path) -> None:
    project(tmp_path, water=FILTER.format(answer="None").replace("feed_filter", "feed_fliter"))
    with pytest.raises(PluginError) as caught:
        hooks(tmp_path)
    assert "feed_fliter" in caught.value.cause
    assert "water" in caught.value.cause


def test_an_unknown_argument_of_a_hook_is_named(tmp_path: Path) -> None:
    project(tmp_path, water=FILTER.format(answer="None").replace("(feed, row)", "(feed, line)"))
    with pytest.raises(PluginError) as caught:
        hooks(tmp_path)
    assert "feed_filter" in caught.value.cause
    assert "line" in caught.value.cause


def test_a_wrapper_that_yields_nothing_is_an_error_that_names_it(tmp_path: Path) -> None:
    project(tmp_path, water="@hookimpl(wrapper=True)\ndef feed_filter(row):\n    return None\n")
    with pytest.raises(PluginError, match="feed_filter"):
        hooks(tmp_path)


def test_a_hook_may_leave_out_arguments(tmp_path: Path) -> None:
    project(tmp_path, water=FILTER.format(answer="'short'").replace("(feed, row)", "()"))
    assert filtered(tmp_path) == "short"


def test_a_plugin_tells_its_hooks(tmp_path: Path) -> None:
    project(tmp_path, water=FILTER.format(answer="None"), power="")
    found = find(tmp_path, ["feeds"])
    assert (found.get("water").hooks, found.get("power").hooks) == (["feed_filter"], [])
