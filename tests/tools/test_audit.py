"""The audit of the pinned versions, with OSV played by a server of our own: what it answers, and when it is asked."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import cast

import pytest

from tests.serving import serving

ROOT = Path(__file__).parents[2]
PINS = "harmless==1.0\nleaky==2.1\n"
ADVISORY = {
    "id": "PYSEC-2026-1",
    "affected": [
        {
            "package": {"name": "leaky", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.2"}]}],
        }
    ],
}


class Osv(HTTPServer):
    """Answers for each package what it was given; keeps what it was asked."""

    def __init__(self, answers: dict[str, object], status: int = 200) -> None:
        self.answers, self.status, self.asked = answers, status, list[str]()
        super().__init__(("127.0.0.1", 0), Answer)


class Answer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        osv = cast("Osv", self.server)
        query = json.loads(self.rfile.read(int(self.headers["content-length"])))
        osv.asked.append(f"{query['package']['name']}=={query['version']}")
        body = json.dumps(osv.answers.get(query["package"]["name"], {})).encode()
        self.send_response(osv.status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def installed() -> Path:
    subprocess.run(["make", "-s", ".venv/audit/.stamp"], cwd=ROOT, check=True)
    return ROOT / ".venv" / "audit" / "bin"


@pytest.fixture
def project(tmp_path: Path, installed: Path) -> Path:
    """A folder with two pins, the script, and the installed auditor."""
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "audit.sh", tmp_path / "tools")
    (tmp_path / ".venv" / "audit").mkdir(parents=True)
    (tmp_path / ".venv" / "audit" / "bin").symlink_to(installed)
    (tmp_path / "constraints.txt").write_text(PINS)
    return tmp_path


@contextmanager
def osv(status: int = 200, **answers: object) -> Iterator[Osv]:
    server = Osv(answers, status)
    with serving(server):
        yield server


def audit(project: Path, osv: Osv, *options: str) -> tuple[int, str]:
    done = subprocess.run(
        ["bash", project / "tools" / "audit.sh", *options],
        env=os.environ | {"PIP_AUDIT_OSV_URL": f"http://127.0.0.1:{osv.server_port}/v1/query"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert not done.stdout
    return done.returncode, done.stderr


def test_every_pinned_version_is_asked_for(project: Path) -> None:
    shutil.copy(ROOT / "constraints.txt", project)
    pins = (project / "constraints.txt").read_text().split()
    with osv() as server:
        assert audit(project, server) == (0, "")
    normal = {pin.lower().replace("_", "-").replace(".", "-") for pin in pins}
    assert {pin.replace(".", "-") for pin in server.asked} == normal
    assert len(server.asked) == len(pins)


def test_a_known_vulnerability_fails_and_names_the_fixed_version(project: Path) -> None:
    with osv(leaky={"vulns": [ADVISORY]}) as server:
        for _ in range(2):
            code, words = audit(project, server)
            assert code == 1
            assert words.startswith("fleetfeed: constraints.txt pins versions with known vulnerabilities.")
            assert words.splitlines()[-1].split() == ["leaky", "2.1", "PYSEC-2026-1", "2.2"]
            assert "harmless" not in words


def test_a_clean_audit_is_repeated_daily_for_new_pins_and_on_demand(project: Path) -> None:
    with osv() as server:

        def asked() -> int:
            server.asked.clear()
            assert audit(project, server) == (0, "")
            return len(server.asked)

        assert asked() == 2
        assert asked() == 0
        (stamp,) = (project / ".venv" / "audit").glob(".clean-*")
        os.utime(stamp, times=2 * (time.time() - 86_400 - 60,))
        assert asked() == 2
        (project / "constraints.txt").write_text("leaky==2.2\n")
        assert asked() == 1
        assert audit(project, server, "--strict") == (0, "")
        assert len(server.asked) == 2


@pytest.mark.parametrize("status", [404, 503])
def test_where_osv_refuses_the_check_goes_on_and_the_audit_fails(project: Path, status: int) -> None:
    with osv(status) as server:
        assert f"{status} " in not_audited(project, server)


def test_an_audit_that_cannot_be_made_is_no_audit_that_nobody_answered(project: Path) -> None:
    (project / "constraints.txt").write_text("<<<<<<< ours\nleaky==2.1\n")
    with osv() as server:
        code, words = audit(project, server)
    assert (code, words.splitlines()[0]) == (1, "fleetfeed: the audit itself failed:")


def test_without_a_network_the_check_goes_on_and_the_audit_fails(project: Path) -> None:
    with osv() as gone:
        pass
    assert "Connection refused" in not_audited(project, gone)


def test_a_clean_answer_of_yesterday_does_not_outlive_a_refusal(project: Path) -> None:
    with osv() as server:
        assert audit(project, server) == (0, "")
    with osv(503) as refusing:
        assert audit(project, refusing, "--strict")[0] == 1
    with osv(leaky={"vulns": [ADVISORY]}) as server:
        assert audit(project, server)[0] == 1


def not_audited(project: Path, server: Osv) -> str:
    code, words = audit(project, server)
    assert code == 0
    assert words.startswith("fleetfeed: NOT AUDITED: OSV could not be asked")
    assert words.endswith("make audit asks again, and fails where it cannot.\n")
    code, strictly = audit(project, server, "--strict")
    assert code == 1
    assert words.startswith(strictly)
    return strictly
