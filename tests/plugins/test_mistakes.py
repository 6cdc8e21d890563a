"""What a plugin can do wrong when it is found: reported precisely, and harming nobody else."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from fleetfeed import API_VERSION
from fleetfeed.cli.output.exits import ended_by_signal
from fleetfeed.plugins.registry import find
from fleetfeed.stages import STAGES
from tests.plugins.dropped import DECLARED, Drop, install
from tests.plugins.mistaken import reported


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder of installed packages."""
    (tmp_path / "site").mkdir()
    monkeypatch.syspath_prepend(tmp_path / "site")
    return tmp_path / "site"


HOOK = "from fleetfeed import hookimpl\n\n@hookimpl\n"


RAISED = {
    "1 / 0": ", line 1: ZeroDivisionError: division by zero",
    "\nimport nowhere": ", line 2: ModuleNotFoundError: No module named 'nowhere'",
    "x = 1\ndef broken(:": ", line 2: SyntaxError: invalid syntax: def broken(:",
    "x = '": ", line 1: SyntaxError: unterminated string literal (detected at line 1): x = '",
    "raise SystemExit(3)": ", line 1: SystemExit: 3",
    "import sys\nsys.exit()": ", line 2: SystemExit",
    "raise BaseException('all')": ", line 1: BaseException: all",
    "raise GeneratorExit": ", line 1: GeneratorExit",
    "def again():\n    again()\nagain()": ", line 2: RecursionError: maximum recursion depth exceeded",
    "class Odd(Exception):\n    def __str__(self): 1 / 0\nraise Odd": ", line 3: Odd: <exception str() failed>",
    "import json\njson.loads('{')": ", line 2: JSONDecodeError: ",  # the plugin's line, not the library's
    "def __getattr__(name): 1 / 0": ", line 1: ZeroDivisionError: division by zero",
    "from fleetfeed import Feeed": ", line 1: ImportError: cannot import name 'Feeed' from 'fleetfeed'",
    DECLARED.replace('key="id"', 'key="status"'): ", line 3: the key 'status' is not declared as a column",
}


@pytest.mark.parametrize("text", RAISED)
@pytest.mark.parametrize("path", ["feeds/bad/__init__.py", "feeds/bad.py"])
def test_what_is_raised_at_import_is_reported_with_its_line(tmp_path: Path, drop: Drop, text: str, path: str) -> None:
    file = drop(path, text)
    found = find(tmp_path, ["feeds"])
    assert reported(found).startswith(f"{file}{RAISED[text]}")
    assert found.found["bad"].cause is not None


def test_a_module_of_the_plugins_own_is_reported_where_it_is_wrong(tmp_path: Path, drop: Drop) -> None:
    drop("feeds/bad/__init__.py", "from .parts import x")
    parts = drop("feeds/bad/parts.py", "\nx = y")
    assert reported(find(tmp_path, ["feeds"])) == f"{parts}, line 2: NameError: name 'y' is not defined"
    parts.write_text("\n\nx = (")
    assert reported(find(tmp_path, ["feeds"])) == f"{parts}, line 3: SyntaxError: '(' was never closed: x = ("
    drop("feeds/bad/__init__.py", "from .._shared import x")
    shared = drop("feeds/_shared.py", "1 / 0")
    assert reported(find(tmp_path, ["feeds"])) == f"{shared}, line 1: ZeroDivisionError: division by zero"


def test_all_mistakes_of_a_declaration_are_reported_one_a_line(tmp_path: Path, drop: Drop) -> None:
    wrong = DECLARED.replace('Text("status")', 'Text("Status"), Text("at")')
    file = drop("feeds/bad/__init__.py", wrong)
    first, *rest = reported(find(tmp_path, ["feeds"])).split("\n  ")
    assert first == f"{file}, line 3: {len(rest)} mistakes"
    assert [line for line in rest if "'at' is declared twice" in line]
    assert [line for line in rest if "'Status' is not a possible column name" in line]


WRONG = {
    "FEED = 'bad'": ": FEED is no fleetfeed.Feed, but of type str",
    "from fleetfeed import Feed\nFEED = Feed": ": FEED is no fleetfeed.Feed, but of type type",
    "GEOCODER = {}": ": GEOCODER is no fleetfeed.Geocoder, but of type dict",
    DECLARED.replace(
        "{name!r}", "'wicked'"
    ): ": it declares a feed 'wicked' under the name 'bad': both need the same one",
    f"{HOOK}def feed_fliter(row): ...": ", line 3: there is no hook `feed_fliter`; did you mean `feed_filter`?",
    f"{HOOK}def geo_code(query): ...": ", line 3: there is no hook `geo_code`; did you mean `geocode`?",
    f"{HOOK}def quite_another(): ...": ", line 3: there is no hook `quite_another`",
    f"{HOOK}def feed_filter(feed, rows): ...": (
        ", line 3: `feed_filter` has no argument `rows`; did you mean `row`? (it has feed, row)"
    ),
    f"{HOOK}def feed_filter(x): ...": ", line 3: `feed_filter` has no argument `x` (it has feed, row)",
    f"{HOOK}def feed_filter(row): yield": ", line 3: `feed_filter` yields, but is no wrapper",
    f"{HOOK[:-1]}(wrapper=True)\ndef feed_filter(row): ...": ", line 3: `feed_filter` is a wrapper that never yields",
    f"{HOOK[:-1]}(hookwrapper=True)\ndef feed_filter(row): yield": (
        ", line 3: `feed_filter` is a wrapper of an older kind; use @hookimpl(wrapper=True), and return the answer"
    ),
    "def feed_filter(row): ...": ", line 1: `feed_filter` is never called: it is not marked with @hookimpl",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_hook_and_no_feed_is_reported_with_what_it_should_be(tmp_path: Path, drop: Drop, text: str) -> None:
    file = drop("feeds/bad/__init__.py", text)
    assert reported(find(tmp_path, ["feeds"])) == f"{file}{WRONG[text]}"


def test_all_that_is_wrong_with_the_hooks_is_reported_at_once(tmp_path: Path, drop: Drop) -> None:
    file = drop("feeds/bad.py", f"FEED = 1\n{HOOK}def feed_filter(x): ...\n@hookimpl\ndef feed_archiv(): ...\n")
    lines = reported(find(tmp_path, ["feeds"])).split("\n  ")
    assert lines[0] == f"{file}: FEED is no fleetfeed.Feed, but of type int"
    assert sorted(line.partition(": ")[0] for line in lines[1:]) == [f"{file}, line 4", f"{file}, line 6"]


def test_a_hook_may_go_by_another_name_and_be_optional(tmp_path: Path, drop: Drop) -> None:
    text = """
from fleetfeed import hookimpl
from os.path import join as geocode
@hookimpl(specname="feed_filter")
def ours(row): ...
@hookimpl(optionalhook=True)
def feed_of_tomorrow(): ...
"""
    drop("feeds/good.py", text)
    found = find(tmp_path, ["feeds"])
    manager = found.manager(found.feed("water"), ["good"], stages=STAGES)
    assert [impl.plugin_name for impl in manager.hook.feed_filter.get_hookimpls()][-1] == "good"


@pytest.mark.parametrize("wanted", ["FLEETFEED_API = 7", "FLEETFEED_API: int = 7"])
@pytest.mark.parametrize("before", ["", "from fleetfeed import what_version_7_brings\n"])
def test_a_plugin_for_another_version_of_the_hooks_is_not_even_run(
    tmp_path: Path, drop: Drop, wanted: str, before: str
) -> None:
    file = drop("feeds/bad.py", f"{before}{wanted}\n1 / 0\n")
    line = 2 if before else 1
    assert reported(find(tmp_path, ["feeds"])) == (
        f"{file}, line {line}: it is written for version 7 of the hooks (FLEETFEED_API); "
        f"this fleetfeed has version {API_VERSION}"
    )


def test_a_version_that_only_running_the_plugin_tells_counts_as_well(tmp_path: Path, drop: Drop) -> None:
    drop("feeds/_version.py", "FLEETFEED_API = 6 + 1")
    file = drop("feeds/bad.py", "from ._version import FLEETFEED_API")
    assert reported(find(tmp_path, ["feeds"])).startswith(f"{file}: it is written for version 7 of the hooks")
    drop("feeds/_version.py", "FLEETFEED_API = '1.0'")
    assert reported(find(tmp_path, ["feeds"])) == f"{file}: FLEETFEED_API is '1.0', and no whole number"


def test_a_plugin_for_this_version_of_the_hooks_is_used(tmp_path: Path, drop: Drop) -> None:
    drop("feeds/water/__init__.py", f"FLEETFEED_API = {API_VERSION}\n{DECLARED}")
    assert find(tmp_path, ["feeds"]).feed("water").name == "water"


ENTRIES: dict[str, tuple[str, str]] = {
    "acme_none": (
        "",
        "package acme-feeds 1.0, entry point acme_none: ModuleNotFoundError: No module named 'acme_none'",
    ),
    "acme_bad": ("\n1 / 0", "{site}/acme_bad.py, line 2: ZeroDivisionError: division by zero"),
    "acme_gone:it": ("", "{site}/acme_gone.py: AttributeError: module 'acme_gone' has no attribute 'it'"),
    "acme_version": ("FLEETFEED_API = 7\n1 / 0", "{site}/acme_version.py, line 1: it is written for version 7"),
    "acme_hook": (f"{HOOK}def feed_fliter(): ...", "{site}/acme_hook.py, line 3: there is no hook `feed_fliter`"),
    "acme_deep.inner": ("FLEETFEED_API = 7\n1 / 0", "{site}/acme_deep/inner.py, line 1: it is written for version 7"),
}


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_package_that_is_broken_is_reported_with_its_line_too(
    tmp_path: Path, drop: Drop, site: Path, entry: str
) -> None:
    drop("feeds/water/__init__.py", DECLARED)
    text, why = ENTRIES[entry]
    file = site / f"{entry.partition(':')[0].replace('.', '/')}.py"
    if entry != "acme_none":
        file.parent.mkdir(exist_ok=True)
        (file.parent / "__init__.py").write_text("1 / 0")
        file.write_text(text)
    install(site, "bad", entry)
    assert reported(find(tmp_path, ["feeds"])).startswith(why.format(site=site))


@pytest.mark.parametrize("text", ["raise KeyboardInterrupt", "import asyncio\nraise asyncio.CancelledError"])
def test_an_interruption_that_a_plugin_only_claims_is_its_own_fault(tmp_path: Path, drop: Drop, text: str) -> None:
    file = drop("feeds/bad.py", text)
    with ended_by_signal():  # as every command has it
        found = find(tmp_path, ["feeds"])
    assert reported(found).startswith(f"{file}, line {len(text.splitlines())}: ")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_real_interruption_ends_the_search(
    tmp_path: Path, drop: Drop, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.setenv("OURS", str(int(number)))
    drop("feeds/bad.py", "import os\nos.kill(os.getpid(), int(os.environ['OURS']))\nfor _ in range(10**6): pass\n")
    with pytest.raises(SystemExit) as ended, ended_by_signal():
        find(tmp_path, ["feeds"])
    assert ended.value.code == 128 + number


def test_ctrl_c_ends_the_search_also_where_no_command_line_waits_for_it(tmp_path: Path, drop: Drop) -> None:
    drop("feeds/bad.py", "import signal\nsignal.raise_signal(signal.SIGINT)\n")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    try:
        with pytest.raises(KeyboardInterrupt):
            find(tmp_path, ["feeds"])
    finally:
        signal.signal(signal.SIGINT, before)


def test_what_a_plugin_prints_goes_to_stderr_under_its_name(
    tmp_path: Path, drop: Drop, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "import sys\nprint('one', 'two')\nsys.stdout.write('half a ')\nprint('line')\nprint('no end', end='')\n"
    drop("feeds/loud.py", f"{text}import logging\nLOG = logging.StreamHandler(sys.stdout)\n")
    handler = getattr(find(tmp_path, ["feeds"]).get("loud").module, "LOG", None)
    handler.stream.write("later\n")  # type: ignore[union-attr]
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "plugin loud: one two\nplugin loud: half a line\nplugin loud: no end\nplugin loud: later\n"


def test_a_plugin_that_searches_for_plugins_ends_and_harms_no_other(tmp_path: Path, drop: Drop) -> None:
    text = "from pathlib import Path\nfrom fleetfeed.plugins.registry import find\nfind(Path(%r), ['feeds'])\n"
    drop("feeds/bad.py", text % str(tmp_path))
    assert "Timeout" not in reported(find(tmp_path, ["feeds"]))  # which a plugin's error may be, too
