"""Which plugins are found, where, and which of several is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetfeed.config.loader import load_settings
from fleetfeed.errors import PluginError
from fleetfeed.plugins import registry
from fleetfeed.plugins.registry import find
from fleetfeed.stages import STAGES
from tests.kit import ROOT
from tests.plugins.dropped import DECLARED, Drop, dropping, install


@pytest.fixture
def drop(tmp_path: Path) -> Drop:
    """Drop a file into the project."""
    return dropping(tmp_path)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder of installed packages."""
    (tmp_path / "site").mkdir()
    monkeypatch.syspath_prepend(tmp_path / "site")
    return tmp_path / "site"


def test_a_folder_dropped_in_is_found_with_no_list_to_edit(tmp_path: Path, drop: Drop) -> None:
    assert "water" not in find(tmp_path, ["feeds"]).found
    drop("feeds/water/__init__.py", DECLARED)
    found = find(tmp_path, ["feeds"])
    assert found.feed("water").name == "water"
    assert found.get("water").origin == str(tmp_path / "feeds" / "water")
    assert found.get("water").folder == tmp_path / "feeds" / "water"


def test_a_single_file_is_a_plugin_and_a_folder_may_be_one_itself(tmp_path: Path, drop: Drop) -> None:
    drop("feeds/power.py", DECLARED)
    drop("water/__init__.py", DECLARED)
    found = find(tmp_path, ["feeds", "water"])
    assert (found.feed("power").name, found.feed("water").name) == ("power", "water")


@pytest.mark.parametrize("named", ["../elsewhere", "{parent}/elsewhere", "~/elsewhere", "../link"])
def test_a_folder_may_lie_anywhere(tmp_path: Path, drop: Drop, monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    drop("elsewhere/water/__init__.py", DECLARED)
    (tmp_path / "link").symlink_to("elsewhere")
    (tmp_path / "project").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    found = find(tmp_path / "project", ["feeds", named.format(parent=tmp_path)])
    assert found.get("water").origin == str(tmp_path / "elsewhere" / "water")
    assert found.faults == []


def test_what_is_hidden_or_is_no_module_is_no_plugin(tmp_path: Path, drop: Drop) -> None:
    for path in ("feeds/_draft.py", "feeds/.old/__init__.py", "feeds/notes.txt", "feeds/__pycache__/x.py"):
        drop(path, "raise SystemExit")
    drop("feeds/exports/water.csv", "id\n")
    (tmp_path / "feeds" / "notes").symlink_to(tmp_path / "feeds" / "notes.txt")
    found = find(tmp_path, ["feeds"])
    assert (found.found.keys(), found.faults) == (find(tmp_path, []).found.keys(), [])


TOML = '[project]\ntimezone = "Africa/Nairobi"\nplugins = ["feeds", "geocoders", "more"]\n'


def test_a_missing_plugin_folder_is_reported_with_setting_and_path(tmp_path: Path) -> None:
    reported = f'[project] plugins names "more", but {tmp_path}/more does not exist'
    (tmp_path / "fleetfeed.toml").write_text(TOML)
    loaded = load_settings(tmp_path, env={})
    assert loaded.warnings == [reported]
    found = find(tmp_path, loaded.settings.project.plugins)
    assert found.faults == [reported]
    with pytest.raises(PluginError) as caught:
        found.get("water")
    assert caught.value.cause.endswith(f" {reported}.")


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("more.py", "is not a folder"),
        ("feeds", "does not exist"),
        ("~nobody-of-this-name/x", "does not exist"),
        ("nu\0ll", "cannot be read: embedded null byte"),
    ],
)
def test_whatever_is_no_folder_is_reported_and_what_else_is_named_is_used(
    tmp_path: Path, drop: Drop, named: str, why: str
) -> None:
    drop("good/water.py", DECLARED)
    drop("more.py", "")
    (tmp_path / "feeds").symlink_to("nowhere")  # a default, but somebody meant it to be there
    found = find(tmp_path, [named, "good"])
    assert found.feed("water").name == "water"
    (fault,) = found.faults
    assert fault.startswith('[project] plugins names "')
    assert fault.endswith(why)


def test_a_feed_may_have_modules_of_its_own(tmp_path: Path, drop: Drop) -> None:
    drop("feeds/water/__init__.py", "from .parts import FEED")
    drop("feeds/water/parts.py", DECLARED.replace("{name!r}", "'water'"))
    assert find(tmp_path, ["feeds"]).feed("water").name == "water"


def test_feeds_of_a_folder_may_share_a_module(tmp_path: Path, drop: Drop) -> None:
    drop("feeds/_shared.py", "WHO = []")
    for name in ("water", "power"):
        drop(f"feeds/{name}/__init__.py", f"from .._shared import WHO\n{DECLARED}")
    found = find(tmp_path, ["feeds"])
    modules = [found.get(name).module for name in ("water", "power")]
    assert getattr(modules[0], "WHO", 1) is getattr(modules[1], "WHO", 2)


def test_what_the_files_say_now_is_what_counts(tmp_path: Path, drop: Drop) -> None:
    drop("feeds/_shared.py", "WHO = 1")
    drop("feeds/water/__init__.py", "from .._shared import WHO\nfrom .parts import WHAT")
    drop("feeds/water/parts.py", "WHAT = 'one'")
    assert find(tmp_path, ["feeds"]).get("water").error == ""
    drop("feeds/_shared.py", "WHO = 'another'")
    drop("feeds/water/parts.py", "WHAT = 'and another'")
    module = find(tmp_path, ["feeds"]).get("water").module
    assert (getattr(module, "WHO", None), getattr(module, "WHAT", None)) == ("another", "and another")


def test_a_plugin_that_is_not_there_is_reported_with_those_that_are(tmp_path: Path, drop: Drop) -> None:
    drop("feeds/water/__init__.py", DECLARED)
    with pytest.raises(PluginError, match=r"There is no plugin 'watr' \(found: .*water\)"):
        find(tmp_path, ["feeds"]).feed("watr")


def test_a_folder_without_a_feed_is_no_feed(tmp_path: Path, drop: Drop) -> None:
    drop("feeds/water/__init__.py", "")
    with pytest.raises(PluginError, match="declares no feed"):
        find(tmp_path, ["feeds"]).feed("water")


def test_plugins_of_one_name_are_refused_unrun_and_all_of_them_named(tmp_path: Path, drop: Drop) -> None:
    paths = [drop(f"{folder}/water.py", f"1 / 0\n{DECLARED}") for folder in ("one", "two", "three")]
    with pytest.raises(PluginError) as caught:
        find(tmp_path, ["one", "two", "three"]).feed("water")
    assert f"3 plugins have this name: {' and '.join(map(str, paths))}" in caught.value.cause


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
    monkeypatch.setattr(registry, "BUNDLED", tmp_path)  # as in a checkout
    with pytest.raises(PluginError, match="2 plugins have this name"):
        find(tmp_path, ["feeds", "more"]).feed("water")


def test_an_installed_package_is_found_by_its_entry_point(tmp_path: Path, site: Path) -> None:
    install(site, "acme", "acme_one")
    (site / "acme_one.py").write_text(DECLARED.replace("{name!r}", "'acme'"))
    found = find(tmp_path, [])
    assert found.feed("acme").name == "acme"
    assert found.get("acme").origin == "package acme-feeds 1.0, entry point acme_one"


def test_two_packages_of_one_name_are_refused_and_both_named(tmp_path: Path, site: Path) -> None:
    for package in ("acme-feeds", "umbrella-feeds"):
        install(site, "acme", "acme_two", package)
    (site / "acme_two.py").write_text(DECLARED.replace("{name!r}", "'acme'"))
    with pytest.raises(PluginError, match="2 plugins have this name") as caught:
        find(tmp_path, []).feed("acme")
    for package in ("acme-feeds", "umbrella-feeds"):
        assert f"package {package} 1.0, entry point acme_two" in caught.value.cause


@pytest.mark.parametrize("name", ["inc", "water"])
def test_an_installed_package_shadows_nothing(tmp_path: Path, drop: Drop, site: Path, name: str) -> None:
    drop("feeds/water/__init__.py", DECLARED)
    install(site, name, "acme_three")
    with pytest.raises(PluginError, match="2 plugins have this name"):
        find(tmp_path, ["feeds"]).feed(name)


def test_bad_entry_points_are_reported_and_hide_no_folder(tmp_path: Path, drop: Drop, site: Path) -> None:
    drop("feeds/water/__init__.py", DECLARED)
    install(site, "acme", "acme_four")
    (site / "acme_feeds-1.0.dist-info" / "entry_points.txt").write_text("[fleetfeed]\nno equals sign\n")
    found = find(tmp_path, ["feeds"])
    assert found.feed("water").name == "water"
    assert [fault for fault in found.faults if fault.startswith("the entry points of installed packages")]


def test_one_module_may_go_by_two_names_and_is_asked_once(tmp_path: Path, drop: Drop, site: Path) -> None:
    drop("feeds/water/__init__.py", DECLARED)
    install(site, "one = acme_five\ntwo", "acme_five")
    (site / "acme_five.py").write_text("from fleetfeed import hookimpl\n@hookimpl\ndef feed_filter(row): ...\n")
    found = find(tmp_path, ["feeds"])
    manager = found.manager(found.feed("water"), ["one", "two"], stages=STAGES)
    assert len(manager.hook.feed_filter.get_hookimpls()) == 2  # and the core's


def test_two_projects_in_one_process_do_not_mix(tmp_path: Path, drop: Drop) -> None:
    for project in ("one", "two"):
        drop(f"{project}/feeds/_shared.py", f"WHO = {project!r}")
        drop(f"{project}/feeds/water/__init__.py", f"from .parts import WHO\n{DECLARED}")
        drop(f"{project}/feeds/water/parts.py", "from .._shared import WHO")
    modules = [find(tmp_path / project, ["feeds"]).get("water").module for project in ("one", "two", "one")]
    assert [getattr(module, "WHO", "") for module in modules] == ["one", "two", "one"]
