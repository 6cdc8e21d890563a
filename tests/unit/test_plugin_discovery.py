"""Which plugins are found, and what becomes of those that cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fleetfeed import plugins
from fleetfeed.errors import PluginError
from fleetfeed.plugins import find
from tests.kit import ROOT

DECLARED = """
from fleetfeed import Feed, Moment, Roles, Text, hookimpl
FEED = Feed(
    name={name!r}, key="id", columns=(Text("status"), Moment("at")),
    roles=Roles("status", ("closed",), "at", ("at",), "status", "status", "status"),
)
"""
Drop = Callable[[str, str], Path]


@pytest.fixture
def drop(tmp_path: Path) -> Drop:
    """Drop a file into the project; `{name}` in it is the name of the feed."""

    def drop(path: str, text: str) -> Path:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        name = file.parent.name if file.name == "__init__.py" else file.stem
        file.write_text(text.replace("{name!r}", repr(name)))
        return file

    return drop


def test_a_folder_dropped_in_is_found_with_no_list_to_edit(tmp_path: Path, drop: Drop) -> None:
    assert "water" not in find(tmp_path, ["feeds"]).found
    drop("feeds/water/__init__.py", DECLARED)
    found = find(tmp_path, ["feeds"])
    assert found.feed("water").name == "water"
    assert found.get("water").origin == str(tmp_path / "feeds" / "water")


def test_a_single_file_is_a_plugin_and_a_folder_may_be_one_itself(tmp_path: Path, drop: Drop) -> None:
    drop("feeds/power.py", DECLARED)
    drop("water/__init__.py", DECLARED)
    found = find(tmp_path, ["feeds", "water"])
    assert (found.feed("power").name, found.feed("water").name) == ("power", "water")


def test_what_is_hidden_or_is_no_module_is_no_plugin(tmp_path: Path, drop: Drop) -> None:
    for path in ("feeds/_draft.py", "feeds/.old/__init__.py", "feeds/notes.txt", "feeds/__pycache__/x.py"):
        drop(path, "raise SystemExit")
    (tmp_path / "feeds" / "empty").mkdir()
    assert find(tmp_path, ["feeds", "not there"]).found.keys() == find(tmp_path, []).found.keys()


def test_a_feed_may_have_modules_of_its_own(tmp_path: Path, drop: Drop) -> None:
    drop("feeds/water/__init__.py", "from .parts import FEED")
    drop("feeds/water/parts.py", DECLARED.replace("{name!r}", "'water'"))
    assert find(tmp_path, ["feeds"]).feed("water").name == "water"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import nowhere_to_be_found", "ModuleNotFoundError"),
        ("def broken(:", "SyntaxError"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        (DECLARED.replace('key="id"', 'key="status"'), "the key 'status' is not declared as a column"),
    ],
)
def test_a_broken_plugin_is_named_with_its_path_and_stops_no_other(
    tmp_path: Path, drop: Drop, text: str, why: str
) -> None:
    path = drop("feeds/broken/__init__.py", text)
    drop("feeds/water/__init__.py", DECLARED)
    found = find(tmp_path, ["feeds"])
    with pytest.raises(PluginError) as caught:
        found.feed("broken")
    assert str(path) in caught.value.cause
    assert why in caught.value.cause
    assert found.manager(found.feed("water")).get_plugin("water") is not None


def test_a_plugin_that_is_not_there_is_told_with_those_that_are(tmp_path: Path, drop: Drop) -> None:
    drop("feeds/water/__init__.py", DECLARED)
    with pytest.raises(PluginError, match=r"There is no plugin 'watr' \(found: .*water\)"):
        find(tmp_path, ["feeds"]).feed("watr")


def test_a_folder_without_a_feed_is_no_feed(tmp_path: Path, drop: Drop) -> None:
    drop("feeds/water/__init__.py", "FEED = 'water'")
    with pytest.raises(PluginError, match="declares no feed"):
        find(tmp_path, ["feeds"]).feed("water")


def test_a_folder_and_its_feed_have_one_name(tmp_path: Path, drop: Drop) -> None:
    path = drop("feeds/water/__init__.py", DECLARED.replace("{name!r}", "'wasser'"))
    with pytest.raises(PluginError) as caught:
        find(tmp_path, ["feeds"]).feed("water")
    assert f"{path.parent} declares a feed 'wasser' under the name 'water'" in caught.value.cause


def test_two_plugins_of_one_name_are_refused_and_both_named(tmp_path: Path, drop: Drop) -> None:
    one = drop("feeds/water/__init__.py", DECLARED)
    two = drop("more/water.py", DECLARED)
    with pytest.raises(PluginError) as caught:
        find(tmp_path, ["feeds", "more"]).feed("water")
    assert f"two plugins have this name: {one.parent} and {two}" in caught.value.cause


def test_a_folder_listed_twice_is_one(tmp_path: Path, drop: Drop) -> None:
    drop("feeds/water/__init__.py", DECLARED)
    assert find(tmp_path, ["feeds", "./feeds", str(tmp_path / "feeds")]).feed("water").name == "water"


def test_the_projects_folder_shadows_a_bundled_plugin_and_says_so(tmp_path: Path, drop: Drop) -> None:
    assert find(tmp_path, []).get("inc").origin == str(ROOT / "feeds" / "inc")
    path = drop("feeds/inc/__init__.py", DECLARED)
    plugin = find(tmp_path, ["feeds"]).get("inc")
    assert (plugin.origin, plugin.shadows) == (str(path.parent), str(ROOT / "feeds" / "inc"))
    assert plugin.feed is not None
    assert plugin.feed.key == "id"


def test_a_checkout_is_its_own_bundle() -> None:
    plugin = find(ROOT, ["feeds", "geocoders"]).get("inc")
    assert (plugin.shadows, plugin.error) == ("", "")


def test_two_of_a_project_are_refused_though_one_of_them_is_bundled(
    tmp_path: Path, drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop("feeds/water/__init__.py", DECLARED)
    drop("more/water/__init__.py", DECLARED)
    monkeypatch.setattr(plugins, "BUNDLED", tmp_path)  # as in a checkout
    with pytest.raises(PluginError, match="two plugins have this name"):
        find(tmp_path, ["feeds", "more"]).feed("water")


def installed(site: Path, monkeypatch: pytest.MonkeyPatch, name: str, module: str, text: str) -> None:
    """Install a package as pip would leave it behind."""
    info = site / "acme_feeds-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-feeds\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[fleetfeed]\n{name} = {module}\n")
    (site / f"{module}.py").write_text(text.replace("{name!r}", repr(name)))
    monkeypatch.syspath_prepend(site)


def test_an_installed_package_is_found_by_its_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path / "site", monkeypatch, "acme", "acme_one", DECLARED)
    found = find(tmp_path, [])
    assert found.feed("acme").name == "acme"
    assert found.get("acme").origin == "entry point acme_one"


def test_an_installed_package_that_is_broken_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path / "site", monkeypatch, "acme", "acme_two", "1 / 0")
    with pytest.raises(PluginError, match="acme_two: ZeroDivisionError"):
        find(tmp_path, []).feed("acme")


@pytest.mark.parametrize("name", ["inc", "water"])
def test_an_installed_package_shadows_nothing(
    tmp_path: Path, drop: Drop, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    drop("feeds/water/__init__.py", DECLARED)
    installed(tmp_path / "site", monkeypatch, name, f"acme_three_{name}", DECLARED)
    with pytest.raises(PluginError, match="two plugins have this name"):
        find(tmp_path, ["feeds"]).feed(name)


def test_two_projects_in_one_process_do_not_mix(tmp_path: Path, drop: Drop) -> None:
    for project in ("one", "two"):
        drop(f"{project}/feeds/water/__init__.py", f"from .parts import WHO\n{DECLARED}")
        drop(f"{project}/feeds/water/parts.py", f"WHO = {project!r}")
    modules = [find(tmp_path / project, ["feeds"]).get("water").module for project in ("one", "two", "one")]
    assert [getattr(module, "WHO", "") for module in modules] == ["one", "two", "one"]
