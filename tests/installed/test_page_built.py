"""The built page: nobody who installs fleetfeed needs Node, and everything in it may be passed on."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.installed.environments import build
from tests.kit import ROOT
from tools import build_page

WEB = ROOT / "web"
STATIC = build_page.STATIC
MAKES_CODE = re.compile(r"\beval\(|new Function\(|innerHTML|insertAdjacentHTML|document\.write")
# Addresses that are names, or links in messages of libraries: nothing asks them.
HARMLESS = re.compile(
    r"https?://(www\.w3\.org|github\.com|maplibre\.org|www\.chartjs\.org|example|json-schema\.org|localhost|www\.mapbox\.com"
    r"|docs\.protomaps\.com|openstreetmap\.org|www\.openstreetmap\.org|unpkg\.com/mapbox|[a-z.]*mozilla\.org|stackoverflow\.com)"
)


def test_an_sdist_has_the_page_so_that_its_wheel_needs_no_node(tmp_path: Path) -> None:
    (tmp_path / "unpacked").mkdir()
    sdist = build(ROOT, tmp_path, "sdist")
    subprocess.run(["tar", "-xzf", sdist, "-C", tmp_path / "unpacked"], check=True)
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    assert (unpacked / "web" / "src" / "main.ts").is_file()
    assert _is_built(unpacked)
    (unpacked / "web" / "index.html").write_text("changed")
    assert not _is_built(unpacked)


def _is_built(folder: Path) -> bool:
    """Ask the copy itself whether its page is that of its sources."""
    question = "import build_page; print(build_page.is_built())"
    command = [sys.executable, "-c", question]
    done = subprocess.run(command, cwd=folder / "tools", check=True, capture_output=True, text=True)
    return done.stdout.strip() == "True"


def test_every_runtime_package_comes_with_its_licence() -> None:
    names = {path.name for path in (STATIC / "licenses").iterdir()}
    for name, version in package()["dependencies"].items():
        assert f"{name}-{version}.txt" in names


def test_the_lock_file_names_no_registry_and_each_package_by_digest() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text())
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert [name for name, one in packages.items() if "integrity" not in one or "resolved" in one] == []
    given = package()
    assert [one for one in (given["dependencies"] | given["devDependencies"]).values() if not one[0].isdigit()] == []


def test_the_page_asks_no_other_site_and_makes_no_code_from_text() -> None:
    own = [path for path in STATIC.iterdir() if path.suffix in (".js", ".css", ".html")]
    assert len(own) >= 3
    for path in own:
        text = path.read_text("utf-8")
        assert MAKES_CODE.search(text) is None, path.name
        found = [url for url in re.findall(r"https?://[\w./-]+", text) if not HARMLESS.match(url)]
        assert found == [], path.name


def test_each_file_but_the_page_itself_has_a_name_that_changes_with_it() -> None:
    files = [path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file()]
    steady = [name for name in files if not re.search(r"-[A-Z0-9]{8}\.|-[0-9a-f]{8}\.|-\d+\.\d+\.\d+[./]", name)]
    assert sorted(steady) == ["index.html", "stamp"]


def package() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads((WEB / "package.json").read_text())
    return found
