"""A feed with a past, its project on disk, and rebuilds of it by executors."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleetfeed.config.executor import ExecutorSettings
from fleetfeed.executors.choice import Executor
from fleetfeed.executors.chunk import Answer, Chunk, cut
from fleetfeed.executors.order import in_order
from fleetfeed.executors.worker import prepare_chunk
from fleetfeed.pipeline import apply
from fleetfeed.pipeline.job import Job
from fleetfeed.plugins.rules import rules
from fleetfeed.project import Project
from fleetfeed.rebuild import replay
from fleetfeed.rebuild.preparing import Generated, Item, Preparing
from fleetfeed.rebuild.replay import Progress
from fleetfeed.rebuild.work import Rebuild
from tests.kit import Bench, ticket
from tests.rebuild.kit import CLOSED, Past

if TYPE_CHECKING:
    import pytest

# A plugin that ends each worker that meets T11, which is in the seventh export.
DEADLY = """
import multiprocessing, os
from fleetfeed.pipeline.prepare import Preparer

prepare = Preparer.prepare

def deadly(self, path, *given):
    if b"T11," in path.read_bytes():
        os._exit(9)
    return prepare(self, path, *given)

if multiprocessing.parent_process():
    Preparer.prepare = deadly
"""


class Pickled:
    """A worker that gets and gives bytes, as one of another process does."""

    ahead = 2

    def send(self, chunk: Chunk) -> Callable[[], Answer]:
        sent = pickle.dumps(chunk)

        def answer() -> Answer:
            found: Answer = pickle.loads(pickle.dumps(prepare_chunk(pickle.loads(sent))))  # noqa: S301 (our own)
            return found

        return answer


@dataclass
class Scene:
    """A bench, and a project in the folder above its inbox."""

    bench: Bench
    more: str = ""  # of [feeds.inc], as TOML
    files: dict[str, str] = field(default_factory=dict)  # plugins of the project

    def __post_init__(self) -> None:
        self.past = Past(self.bench)
        (self.folder / "fleetfeed.toml").write_text(
            '[project]\ntimezone = "Africa/Nairobi"\nplugins = ["feeds"]\n\n[feeds.inc]\n'
            f'source = "file://{self.bench.inbox}/"\narchive = "file://{self.bench.archive}/"\n{self.more}'
        )
        for name, text in self.files.items():
            self.write(name, text)

    @property
    def folder(self) -> Path:
        return self.bench.inbox.parent

    def write(self, name: str, text: str) -> None:
        """Write a plugin."""
        (self.folder / "feeds").mkdir(exist_ok=True)
        (self.folder / "feeds" / name).write_text(text)

    def load(self, *exports: Sequence[dict[str, str]] | bytes) -> None:
        """Load exports one by one; some may be refused."""
        for content in exports:
            self.bench.put(content)
            self.bench.run()

    def executor(self, kind: str = "processes", **options: Any) -> Executor:
        """Make an executor with small chunks."""
        given = {"kind": kind, "workers": 2, "chunk": 2} | options
        return Executor(ExecutorSettings.model_validate(given), str(self.folder))

    def pickled(self, chunk: int) -> Preparing:
        """Make an executor in this process that sends and gets bytes."""

        def prepare(job: Job, before: Item | None, items: Sequence[Item]) -> Generated:
            whole = Chunk("inc", rules(job.feed, job.manager), before, items, str(self.folder))
            return in_order(Pickled(), cut(whole, chunk))

        return prepare

    def rebuild(self, preparing: Preparing, progress: Callable[[Progress], None] = lambda _: None) -> Rebuild:
        """Make the rebuild of the feed."""
        project = Project.load(self.folder)
        (feed,) = project.feeds(["inc"])
        return Rebuild(project.job(feed, apply=True), self.bench.db, progress, preparing)

    def assert_equal(self) -> None:
        """Compare all that a rebuild must make as the runs did."""
        live, made = self.past.pictures(), self.past.pictures("inc__rebuild")
        for name in live.keys() - {"counts", "rejects"}:
            assert made[name] == live[name], name
        # Which rules a run had is of the plugins; the bench has none.
        assert [row[:-1] for row in made["counts"]] == [row[:-1] for row in live["counts"]]


def history(length: int) -> list[list[dict[str, str]]]:
    """Make exports in which tickets are new, change, close, vanish and return."""
    return [
        [
            ticket(f"T{key}", owner=f"{(number + key) // 4}", **(CLOSED if (number + key) % 7 == 0 else {}))
            for key in range(number // 2, number // 2 + 9)
            if (number + key) % 5
        ]
        for number in range(length)
    ]


def count_read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note which exports the driver of a rebuild reads itself."""
    seen: list[str] = []
    read = apply.load_export

    def noted(*given: Any) -> None:
        seen.append(given[2].report.snapshot.stored.key)
        read(*given)

    monkeypatch.setattr(replay, "load_export", noted)
    return seen
