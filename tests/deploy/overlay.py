"""A root of its own for a command: this machine's, with what is written kept apart. It needs root, or sudo."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

AS_ROOT = [] if os.geteuid() == 0 else ["sudo", "-n", "--preserve-env"]
PIP_VARIABLES = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}


class Overlay:
    """Hold the folders of an overlay; each command mounts it anew, in a namespace that ends with it."""

    def __init__(self, folder: Path, *, hidden: Path, shown: Mapping[str, Path]) -> None:
        """`hidden` is not seen in it; `shown` are folders of the machine, seen elsewhere."""
        self._upper, self._work, self._mount = (folder / name for name in ("upper", "work", "mount"))
        for path in (self._upper, self._work, self._mount):
            path.mkdir(parents=True)
        self._hidden, self._shown = hidden, shown
        for place in shown:
            self.make(place)

    def upper(self, path: str) -> Path:
        """Return where a path of it is kept."""
        return self._upper / path.lstrip("/")

    def make(self, path: str) -> None:
        """Make a folder."""
        self.upper(path).mkdir(parents=True, exist_ok=True)

    def write(self, path: str, text: str) -> None:
        """Write a program."""
        self.make(str(Path(path).parent))
        self.upper(path).write_text(text)
        self.upper(path).chmod(0o755)

    def take(self, other: Overlay, source: str, target: str) -> None:
        """Copy a folder from another root."""
        self.make(str(Path(target).parent))
        subprocess.run([*AS_ROOT, "cp", "-a", other.upper(source), self.upper(target)], check=True)

    def open_way_to(self, program: Path) -> None:
        """Let every user reach a program that lies in somebody's home."""
        folders = [str(folder) for folder in program.parents if str(folder) != "/"]
        self.run(["/bin/chmod", "o+x", *folders], env={"PATH": "/bin"})

    def run(
        self, command: Sequence[str], *, env: Mapping[str, str], cwd: str = "/", user: str = "0:0", pip: bool = False
    ) -> str:
        """Run a command in it, and give what it says; one that fails is an error."""
        words = self.words(command, env=env, cwd=cwd, user=user, pip=pip)
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}{done.stderr}"
        return done.stdout

    def words(
        self, command: Sequence[str], *, env: Mapping[str, str], cwd: str = "/", user: str = "0:0", pip: bool = False
    ) -> list[str]:
        """Say how a command is run in it: as the first process of a namespace, as in a container."""
        mount = self._mount
        variables = [f"{name}={value}" for name, value in {**(PIP_VARIABLES if pip else {}), **env}.items()]
        steps = [
            f"mount -t overlay overlay -o lowerdir=/,upperdir={self._upper},workdir={self._work} {mount}",
            f"mount -t proc proc {mount}/proc",
            f"mount --rbind /dev {mount}/dev",
            f"mount -t tmpfs tmpfs {mount}/tmp",  # noqa: S108  the overlay's own
            *(f"mount --bind -o ro {source} {mount}{place}" for place, source in self._shown.items()),
        ]
        if not str(self._hidden).startswith("/tmp/"):  # noqa: S108  there it is out of sight already
            steps.append(f"mount -t tmpfs tmpfs {mount}{self._hidden}")
        if user != "0:0":  # what only root may do is done: the rest has to do without writing
            steps.append(f"mount -o remount,ro {mount}")
        last = [
            "chroot",
            f"--userspec={user}",
            str(mount),
            "/usr/bin/env",
            "-i",
            f"--chdir={cwd}",
            *variables,
            *command,
        ]
        script = " && ".join([*steps, f"exec {shlex.join(last)}"])
        return [*AS_ROOT, "unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script]
