"""What a run does with a bucket and its ledgers: with `tickets.py` the specification that every history is held to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import PurePath

from tests.histories.exports import Export, File, Record
from tests.histories.tickets import Tickets, sifted
from tests.kit import FEED


@dataclass
class Entry:
    """What became of a file."""

    state: str = "seen"
    archived_as: str | None = None
    was_read: bool = False
    was_loaded: bool = False


@dataclass
class Run:
    outcome: str
    file: File | None
    counts: Counter[str] = field(default_factory=Counter)


@dataclass
class Last:
    """The last load."""

    run: int
    file: File
    revision: int
    newest: str
    read: int
    known: set[str]  # statuses
    new: set[str]  # those of them that nobody has explained


class Model:
    """A bucket and its archive, the tickets, and what fleetfeed knows of its own work."""

    def __init__(self) -> None:
        self.inbox: dict[str, File] = {}
        self.archive: dict[str, File] = {}
        self.tickets = Tickets()
        self.files: dict[File, Entry] = {}
        self.rejects: Counter[tuple[str, str]] = Counter()
        self.runs: list[Run] = []
        self.last: Last | None = None

    def run(self, *, archive: bool, allow_older: bool, revision: int) -> Run:
        """Load the newest export, unless it is loaded already or refused; then move away what is dealt with."""
        listed = sorted(self.inbox.values())
        self._list(listed)
        file = self._choose(listed, revision)
        run = self._try(file, allow_older, revision, refused=False)
        while file and run.outcome == "refused" and (older := self._unread(listed, file)):
            file = self._prefer(older[0], older[1:], revision)
            run = self._try(file, allow_older, revision, refused=True)
        if file and run.outcome != "refused":
            self._settle(listed, file)
            for done in (other for other in listed if archive and other <= file):
                self._move(done)
                run.counts["archived"] += 1
        return run

    def _try(self, file: File | None, allow_older: bool, revision: int, *, refused: bool) -> Run:
        """Load one export; `refused` says that one before it was refused in the same run, which is reported."""
        self.runs.append(run := Run("unchanged" if file else "empty", file))
        if file and not self._is_loaded(file.export, revision):
            run.outcome = "loaded" if self._load(file, run.counts, allow_older, revision) else "refused"
        if file and run.outcome == "refused":
            self.files[file].state = "refused"
        run.counts.update({"refused": int(refused), "warnings": int(refused)})
        return run

    def _unread(self, listed: list[File], newest: File) -> list[File]:
        """List what was never read of that before a file, the latest first, down to what is dealt with."""
        unread = []
        for file in reversed(listed[: listed.index(newest)]):
            if self.files[file].state in ("loaded", "archived", "superseded"):
                break
            if self.files[file].state == "seen":
                unread.append(file)
        return unread

    def _list(self, listed: list[File]) -> None:
        """Enter what is there. What was there, was not archived and is there no longer is gone."""
        for file in listed:
            entry = self.files.setdefault(file, Entry())
            if entry.state == "gone":
                entry.state = "loaded" if entry.was_loaded else "seen"
        for file, entry in self.files.items():
            if file not in listed and not entry.archived_as:
                entry.state = "gone"

    def _choose(self, listed: list[File], revision: int) -> File | None:
        """Choose the newest; but before a truncated one the newest complete one that is unread and not overtaken."""
        return self._prefer(listed[-1], self._unread(listed, listed[-1]), revision) if listed else None

    def _prefer(self, newest: File, unread: list[File], revision: int) -> File:
        if newest.export.truncated and not self._is_loaded(newest.export, revision):
            for file in unread:
                if file.export.complete and not self._is_loaded(file.export, revision):
                    return file
        return newest

    def _is_loaded(self, export: Export, revision: int) -> bool:
        return self.last is not None and (self.last.file.export, self.last.revision) == (export, revision)

    def _load(self, file: File, counts: Counter[str], allow_older: bool, revision: int) -> bool:
        """Return whether the export was loaded: of one that is refused only the rejects are kept."""
        export, run, last_newest = file.export, len(self.runs), self.last.newest if self.last else ""
        counts.update({"read": len(export.records), "truncated": export.truncated})
        counts["dropped sentinel"] = sum(record.stops for record in export.short)
        rejected = [record for record in export.short if not record.stops]
        older = "" < export.newest < last_newest and not allow_older
        kept = {} if older else sifted(export, counts, rejected)
        self._keep(rejected, file)
        counts.update(f"rejected {record.fault}" for record in rejected)
        if older or not (kept or counts["superseded"]):  # not one record could be accepted
            return False
        known = self.last.known if self.last else set[str]()
        statuses = {raw["normalized_status"] for raw in kept.values() if "normalized_status" in raw}
        fresh = statuses - known - {*FEED.roles.closed_statuses} if known else set[str]()
        counts["warnings"] += len(fresh)
        self.tickets.load(kept, counts, run, file.at)
        if not export.truncated:
            self.tickets.miss({*kept, *(record.key for record in rejected)}, counts, run, file.at)
        new = fresh | (self.last.new if self.last else set())
        newest = export.newest or last_newest
        self.last = Last(run, file, revision, newest, len(export.records), known | statuses, new)
        return True

    def _keep(self, rejected: list[Record], file: File) -> None:
        """Count a reject once per export: reading that again does not count."""
        for reject, times in Counter((record.fault, record.line) for record in rejected).items():
            if not self.files[file].was_read or reject not in self.rejects:
                self.rejects[reject] += times
        self.files[file].was_read = True

    def _settle(self, listed: list[File], file: File) -> None:
        """Enter what is loaded now; older ones that were never read are overtaken."""
        if self.last:
            self.last.file = file
        self.files[file].was_loaded = True
        if self.files[file].state != "archived":
            self.files[file].state = "loaded"
        for other in listed:
            if other < file and self.files[other].state == "seen":
                self.files[other].state = "superseded"

    def _move(self, file: File) -> None:
        """Move a file into the archive, under the first name that is free or holds these very bytes."""
        entry = self.files[file]
        names = self._names(file, entry.archived_as)
        entry.archived_as = next(n for n in names if self.archive.setdefault(n, file).export == file.export)
        if entry.state == "loaded":
            entry.state = "archived"
        del self.inbox[file.name]

    @staticmethod
    def _names(file: File, known: str | None) -> Iterator[str]:
        yield from (known, file.name) if known else (file.name,)
        stamped = f"{PurePath(file.name).stem}.{file.at:%Y%m%dT%H%M%SZ}-{file.etag[:8]}"
        yield f"{stamped}.csv"
        yield from (f"{stamped}-{number}.csv" for number in count(2))
