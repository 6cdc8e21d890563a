"""Where a history is played: a bucket and a database, the model of both, runs on all of them, and the comparison."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from fleetfeed.database import Database
from fleetfeed.model import RunReport
from fleetfeed.pipeline import run
from fleetfeed.pipeline.job import Job
from tests.histories import draws
from tests.histories.exports import File
from tests.histories.model import Model
from tests.histories.seen import TABLES, flat, in_database, in_model
from tests.histories.world import Place
from tests.kit import FEED

if TYPE_CHECKING:
    import pluggy


class Scene(RuleBasedStateMachine):
    """Run fleetfeed and the model side by side; `reached` counts what that came to."""

    def __init__(
        self, db: Database, manager: pluggy.PluginManager, inbox: Place, archive: Place, reached: Counter[str]
    ) -> None:
        super().__init__()
        self.db, self.manager, self.inbox, self.archive, self.reached = db, manager, inbox, archive, reached
        self.model = Model()
        self.revision = 1
        db.execute(f"TRUNCATE {', '.join(TABLES)}")

    @rule(archive=st.booleans(), allow_older=draws.RARELY, revised=draws.RARELY)
    def runs(self, archive: bool, allow_older: bool = False, revised: bool = False) -> None:
        self.revision += revised
        expected = self.model.run(archive=archive, allow_older=allow_older, revision=self.revision)
        report = self._run(archive=archive, allow_older=allow_older)
        reported = (report.outcome, len(report.warnings), bool(report.refused))
        assert reported == (expected.outcome, expected.counts["warnings"], bool(expected.counts["refused"])), (
            report.error
        )
        self.reached.update(
            {expected.outcome, *+expected.counts, *(entry.state for entry in self.model.files.values())}
        )

    @rule(allow_older=draws.RARELY)
    def looks(self, allow_older: bool) -> None:
        """Run without writing: it reports what a run would do, and touches no row."""
        before = self._versions()
        expected = deepcopy(self.model).run(archive=False, allow_older=allow_older, revision=self.revision)
        report = self._run(apply=False, allow_older=allow_older)
        noted = {"truncated": report.truncated, "refused": report.refused, "warnings": report.warnings}
        counts = flat(report.rows.as_dict() | noted)
        assert (report.outcome, counts) == (expected.outcome, +expected.counts), report.error
        assert self._versions() == before

    @invariant()
    def all_is_as_the_model_says(self) -> None:
        seen = in_database(self.db)
        expected = in_model(self.model, self.inbox.bucket.key_for(""), self.archive.bucket.key_for(""))
        for part, value in expected.items():
            assert seen[part] == value, part
        for place, files in ((self.inbox, self.model.inbox), (self.archive, self.model.archive)):
            assert place.files() == {name: file.export.content for name, file in files.items()}

    def put(self, name: str, file: File) -> None:
        """Put a file into the inbox, with its own time."""
        self.inbox.write(name, file.export.content, file.at)
        stored = self.inbox.bucket.stat(self.inbox.bucket.key_for(name))
        assert stored is not None
        self.model.inbox[name] = replace(file, name=name, etag=stored.etag)

    def _run(self, *, apply: bool = True, archive: bool = True, allow_older: bool) -> RunReport:
        job = Job(
            feed=replace(FEED, revision=self.revision),
            manager=self.manager,
            bucket=self.inbox.bucket,
            archive=self.archive.bucket if archive else None,
            apply=apply,
            allow_older=allow_older,
        )
        return run.run(job, self.db)

    def _versions(self) -> dict[str, object]:
        """Read every row version of every table: any write makes another one."""
        return {name: self.db.all(f"SELECT ctid::text, xmin::text FROM {name} ORDER BY 1") for name in TABLES}
