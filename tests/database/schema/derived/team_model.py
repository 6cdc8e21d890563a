"""Who closed a ticket and who worked on it, in plain Python: one ticket's exports in, its episodes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

CLOSED = ("closed", "cancelled")
NAMES = {"field a": "Field A", "fld a": "Field A", "noc": "NOC"}  # key of a spelling → team
DESKS = ("NOC",)
OWNERS = {"amina": "Field A"}


@dataclass(frozen=True)
class Row:
    """What an export says of the ticket."""

    status: str = "open"
    team: str = ""
    owner: str = ""
    closed_at: str = ""

    @property
    def is_closed(self) -> bool:
        return self.status in CLOSED


@dataclass
class Episode:
    """One closing of the ticket, until it is reopened."""

    closed_at: str  # as it stands
    closing_team: str | None
    basis: str
    working_team: str | None
    stretch: int | None
    teams: list[str]
    kind: str
    reopened: datetime | None = None


@dataclass
class Turn:
    """How long one team had the ticket, without another one in between."""

    key: str
    spellings: set[str] = field(default_factory=set)
    minutes: float | None = None

    @property
    def is_desk(self) -> bool:
        return shown(max(self.spellings)) in DESKS


def key_of(spelling: str) -> str:
    key = " ".join(spelling.split()).lower()
    return NAMES.get(key, key).lower()


def shown(spelling: str) -> str:
    """Give the team that readers see; of teams that the settings do not name, the key stands for all spellings."""
    key = " ".join(spelling.split()).lower()
    return NAMES.get(key, key)


class Ticket:
    """Follow one ticket from export to export."""

    def __init__(self) -> None:
        self.versions: list[tuple[datetime, Row]] = []
        self.episodes: list[Episode] = []
        self._opened = 0  # the version with which it was opened last
        self._of_time: dict[str, Episode] = {}  # a closing time belongs to the episode that had it first

    def see(self, row: Row, at: datetime) -> None:
        """Read the next export."""
        before = self.versions[-1][1] if self.versions else None
        if row == before:
            return
        self.versions.append((at, row))
        was_closed = before is not None and before.is_closed
        if row.is_closed:
            self._closed(row, self._of_time.get(before.closed_at) if before and was_closed else None)
        elif before and was_closed:
            episode = self._of_time[before.closed_at]
            episode.reopened, self._opened = episode.reopened or at, len(self.versions) - 1

    def _closed(self, row: Row, corrected: Episode | None) -> None:
        episode = self._of_time.get(row.closed_at) or corrected
        if episode is None:
            episode = self._attributed(row)
            self.episodes.append(episode)
        self._of_time.setdefault(row.closed_at, episode)
        self._of_time[row.closed_at].closed_at = row.closed_at

    def _attributed(self, row: Row) -> Episode:
        turns = self._turns()
        teams = [max(turn.spellings) for turn in turns]
        before = self.episodes[-1] if self.episodes else None
        known = teams[-1] if teams else before.closing_team if before and before.basis != "owner" else None
        team = known or OWNERS.get(" ".join(row.owner.split()).lower())
        worker = max(
            enumerate(turns), key=lambda one: (not one[1].is_desk, one[1].minutes or 0, one[0]), default=(0, None)
        )[1]
        return Episode(
            closed_at=row.closed_at,
            closing_team=team,
            basis="row" if row.team else "last" if known else "owner" if team else "none",
            working_team=max(worker.spellings) if worker else team,
            stretch=None if worker is None or worker.minutes is None else int(worker.minutes),
            teams=teams or ([team] if team else []),
            kind="cancelled" if row.status == "cancelled" else "repaired",
        )

    def _turns(self) -> list[Turn]:
        """List who had it since it was inserted or reopened last; the closing row is the last one."""
        versions = self.versions[self._opened :]
        states = [(row, (until - at).total_seconds() / 60) for (at, row), (until, _) in pairwise(versions)]
        found: list[Turn] = []
        for row, minutes in [*states, (versions[-1][1], 0.0 if states else None)]:
            if not row.team:
                continue
            if not found or found[-1].key != key_of(row.team):
                found.append(Turn(key_of(row.team)))
            found[-1].spellings.add(row.team)
            if minutes is not None:
                found[-1].minutes = (found[-1].minutes or 0) + minutes
        return found


def follow(exports: Sequence[tuple[datetime, Mapping[str, Row]]]) -> dict[str, Ticket]:
    """Read all exports."""
    tickets: dict[str, Ticket] = {}
    for at, rows in exports:
        for key, row in rows.items():
            tickets.setdefault(key, Ticket()).see(row, at)
    return tickets
