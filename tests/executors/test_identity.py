"""Whatever the history and the size of a chunk: what is prepared elsewhere makes the same tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from fleetfeed.database import Database
from tests.executors.kit import Scene
from tests.kit import Bench, examples
from tests.rebuild.draws import EXPORT, Rows, content
from tests.rebuild.kit import forget

if TYPE_CHECKING:
    import pytest


@settings(max_examples=examples(25))
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

    scene.rebuild(scene.pickled(size)).replay()
    scene.assert_equal()
