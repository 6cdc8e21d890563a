"""Whatever the history and the size of a chunk: what is prepared elsewhere makes the same tables."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from fleetfeed.database import Database
from fleetfeed.executors.chunk import Answer, Chunk, cut
from fleetfeed.executors.order import in_order
from fleetfeed.executors.worker import prepare_chunk
from fleetfeed.pipeline.job import Job
from fleetfeed.plugins.rules import rules
from fleetfeed.rebuild.preparing import Generated, Item
from tests.executors.kit import Scene
from tests.kit import Bench, examples
from tests.rebuild.draws import EXPORT, Rows, content
from tests.rebuild.kit import forget

if TYPE_CHECKING:
    import pytest


class Pickled:
    """A worker that gets and gives bytes, as one of another process does."""

    ahead = 2

    def send(self, chunk: Chunk) -> Callable[[], Answer]:
        sent = pickle.dumps(chunk)

        def answer() -> Answer:
            found: Answer = pickle.loads(pickle.dumps(prepare_chunk(pickle.loads(sent))))  # noqa: S301 (our own)
            return found

        return answer


@settings(max_examples=examples(10))
@given(exports=st.lists(EXPORT, min_size=2, max_size=7), accept=st.booleans(), size=st.integers(1, 4))
def test_any_history_in_chunks_of_any_size_is_made_again(
    db: Database,
    tmp_path_factory: pytest.TempPathFactory,
    exports: list[tuple[Rows, bytes, bool]],
    accept: bool,
    size: int,
) -> None:
    scene = Scene(Bench(db, tmp_path_factory.mktemp("history")))
    forget(db)
    for rows, end, turned in exports:
        scene.bench.put(content(rows, end, turned))
        scene.bench.run(accept_incomplete=accept)

    def prepare(job: Job, before: Item | None, items: Sequence[Item]) -> Generated:
        whole = Chunk("inc", rules(job.feed, job.manager), before, items, str(scene.folder))
        return in_order(Pickled(), cut(whole, size))

    scene.rebuild(prepare).replay()
    scene.assert_equal()
