"""Fresh virtual environments, into which built wheels are installed as their users would."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fleetfeed.buckets.local_server import find_rclone

FOREIGN = ("FLEETFEED_", "RUSTFS_", "AWS_", "PG", "DATABASE_", "VIRTUAL_ENV", "PYTHON")


@dataclass(frozen=True)
class Environment:
    """One environment, and the folder in which its programs are called."""

    root: Path
    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def python(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Run its Python; nothing of this process's own environment reaches it."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        command = [str(self.root / "bin" / "python"), *args]
        return subprocess.run(
            command, cwd=self.folder, env=kept | self.env, capture_output=True, text=True, check=False, timeout=100
        )

    def __call__(self, *args: str, code: int = 0) -> str:
        """Run its `fleetfeed`, and give what it says."""
        done = self.python(str(self.root / "bin" / "fleetfeed"), *args)
        assert done.returncode == code, (args, done.stdout, done.stderr)
        return done.stdout

    def document(self, *args: str, code: int = 0) -> dict[str, Any]:
        """Run a command with --json, and give its document."""
        found: dict[str, Any] = json.loads(self(*args, "--json", code=code))
        return found


def build(project: Path, out: Path, target: str = "wheel") -> Path:
    """Build a project's wheel or sdist from a copy without what git ignores, but with the built page."""
    copy = out / "source"
    ignored = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "bench", "tests", "node_modules")
    shutil.copytree(project, copy, ignore=ignored)
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(out)]
    subprocess.run(command, cwd=copy, check=True, capture_output=True, timeout=60)
    (built,) = out.glob("*.whl" if target == "wheel" else "*.tar.gz")
    return built


def fresh(root: Path, folder: Path, *wheels: Path) -> Environment:
    """Make an environment and install wheels into it, but not what they depend on.

    That is taken from where these tests run: to download 200 MB would prove nothing, cost minutes, and need a network.
    The path file is written last, or pip would take the checkout's own editable install for the wheel's.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root)], check=True, timeout=60)
    made = Environment(root, folder)
    pip = [sys.executable, "-m", "pip", "--python", str(root / "bin" / "python"), "install", "-qq", "--no-input"]
    subprocess.run(
        [*pip, "--no-deps", "--no-index", "--disable-pip-version-check", *map(str, wheels)], check=True, timeout=60
    )
    own = made.python("-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip()
    here = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    Path(own, "dependencies.pth").write_text("\n".join(here) + "\n")
    (root / "bin" / "rclone").symlink_to(find_rclone())
    return made
