"""What can happen to a bucket, as rules that Hypothesis plays in any order; `Scene` compares after each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from hypothesis.stateful import precondition, rule

from tests.histories import draws
from tests.histories.exports import Export, File
from tests.histories.scene import Scene
from tests.kit import START


class Histories(Scene):
    """Play an exporter, and people who reach into the bucket."""

    def __init__(self, *scene: Any) -> None:
        super().__init__(*scene)
        self.listed: dict[str, draws.Cells] = {"T1": {}, "T2": {}, "T3": {}}  # what the exporter lists
        self.hours = 0  # by how much all its times have gone on
        self.written: list[Export] = []

    @rule(how=draws.HOW)
    def exports(self, how: draws.How) -> None:
        self._export(how)

    @rule(how=draws.HOW, stop=draws.STOPS)
    def exports_a_part(self, how: draws.How, stop: draws.Line) -> None:
        self._export(how._replace(extras=[*how.extras, stop]))

    @rule(how=draws.HOW)
    def exports_later_times(self, how: draws.How) -> None:
        self.hours = min(self.hours + 1, 12)
        self._export(how)

    @rule(how=draws.HOW)
    def exports_older_times(self, how: draws.How) -> None:
        self._export(how, hours=-2)

    @rule(how=draws.HOW)
    def exports_behind_others(self, how: draws.How) -> None:
        self._export(how, minutes=-3.5)  # so that no two files have the same time

    @precondition(lambda self: self.model.inbox)
    @rule(name=draws.NAMES, then=draws.THEN)
    def exports_what_is_no_csv(self, name: str, then: str) -> None:
        self._write(name, Export(()), then)

    @precondition(lambda self: self.written)
    @rule(which=draws.WHICH, name=draws.NAMES, then=draws.THEN)
    def exports_the_same_again(self, which: int, name: str, then: str) -> None:
        self._write(name, self.written[-1 - which % len(self.written)], then)

    @precondition(lambda self: self.model.inbox)
    @rule(which=draws.WHICH)
    def somebody_deletes_an_export(self, which: int) -> None:
        name = _pick(self.model.inbox, which)
        self.inbox.remove(name)
        del self.model.inbox[name]

    @precondition(lambda self: self.model.inbox.keys() - self.model.archive.keys())
    @rule(which=draws.WHICH)
    def somebody_archives_an_export(self, which: int) -> None:
        free = {name: file for name, file in self.model.inbox.items() if name not in self.model.archive}
        name = _pick(free, which)
        self.model.archive[name] = self.model.inbox.pop(name)
        self.archive.write(name, free[name].export.content, free[name].at)
        self.inbox.remove(name)

    @precondition(lambda self: self.model.archive)
    @rule(which=draws.WHICH, copy=draws.RARELY)
    def somebody_puts_an_export_back(self, which: int, copy: bool) -> None:
        name = _pick(self.model.archive, which)
        self.put(name, self.model.archive[name])
        if not copy:
            self.archive.remove(name)
            del self.model.archive[name]

    @precondition(lambda self: self.model.archive)
    @rule(which=draws.WHICH)
    def somebody_deletes_from_the_archive(self, which: int) -> None:
        name = _pick(self.model.archive, which)
        self.archive.remove(name)
        del self.model.archive[name]

    def _export(self, how: draws.How, *, hours: int = 0, minutes: float = 0) -> None:
        for key, variant in how.edits.items():
            if variant is None:
                self.listed.pop(key, None)
            else:
                self.listed[key] = variant
        lines = (*self.listed.items(), *how.extras)
        records = [draws.record(key, variant, self.hours + hours) for key, variant in lines]
        self._write(how.name, Export(tuple(records)), how.then, minutes)

    def _write(self, name: str, export: Export, then: str, minutes: float = 0) -> None:
        self.written.append(export)
        at = START + timedelta(minutes=len(self.written) + minutes)
        self.put(name, File(at, name, "", export))
        if then != "waits":
            self.runs(archive=then != "runs, no archive", allow_older=then == "runs, older allowed")


def _pick(names: Mapping[str, File], which: int) -> str:
    """Reach for one of the files that are there."""
    return sorted(names)[which % len(names)]
