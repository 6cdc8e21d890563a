"""Answers of the database, kept until they are out of date; concurrent askers share one call."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from fleetfeed.database.readers import Readers
from fleetfeed.errors import DatabaseError, DeadlineExceeded
from fleetfeed.text.digest import digest
from fleetfeed.web.questions import Question
from fleetfeed.web.versions import Versions

# Arguments are text of clients, so the number of kept documents and their size are limited.
MOST_DOCUMENTS = 64
MOST_BYTES = 32 * 2**20
KEPT_SECONDS = 3600  # while the database is away
_LEVEL = 5  # of gzip: 9 takes four times as long for 2 % less


@dataclass(frozen=True, slots=True)
class Document:
    """One answer, compressed; `body` is empty for a ticket that does not exist."""

    body: bytes
    etag: str
    at: float  # seconds since 1970
    is_kept: bool = False  # the database is away: this is its last answer

    @property
    def exists(self) -> bool:
        """Whether there is something to show."""
        return bool(self.body)


@dataclass
class Documents:
    """Answer questions, each from the kept document while that is up to date."""

    readers: Readers
    versions: Versions
    render: Callable[[Question, str], bytes]  # from the function's text to what is sent
    rendered: str = ""  # what else than the question decides that: it is part of each tag
    _kept: OrderedDict[Question, Document] = field(default_factory=OrderedDict)
    _running: dict[Question, asyncio.Task[Document]] = field(default_factory=dict)

    async def etag(self, question: Question) -> str:
        """Return the tag of the current answer, without computing it. Raises DatabaseError."""
        return digest(await self.versions.of(question.feed), repr(question), self.rendered)

    async def get(self, question: Question) -> Document:
        """Return the answer. Raises InvalidArgument, or DatabaseError if there is no kept one either."""
        kept = self._kept.get(question)
        try:
            etag = await self.etag(question)
            if kept and kept.etag == etag:
                self._kept.move_to_end(question)
                return kept
            if kept and question in self._running and time.time() - kept.at < self.versions.tick:
                return kept  # the new one is being computed: do not wait for it
            return await self._shared(question, etag)
        except (DatabaseError, DeadlineExceeded):
            if kept and time.time() - kept.at < KEPT_SECONDS:
                return Document(kept.body, kept.etag, kept.at, is_kept=True)
            raise

    async def _shared(self, question: Question, etag: str) -> Document:
        task = self._running.get(question)
        if task is None:
            task = self._running[question] = asyncio.create_task(self._compute(question, etag))
            task.add_done_callback(lambda _: self._running.pop(question, None))
        return await asyncio.shield(task)  # an asker that leaves must not end it for the others

    async def _compute(self, question: Question, etag: str) -> Document:
        text = await self.readers.ask(question.sql, question.values)
        at = time.time()
        body = b"" if text is None else await asyncio.to_thread(self._compressed, question, text)
        return self._keep(question, Document(body, etag, at))

    def _compressed(self, question: Question, text: str) -> bytes:
        return gzip.compress(self.render(question, text), _LEVEL, mtime=0)

    def _keep(self, question: Question, document: Document) -> Document:
        self._kept[question] = document
        self._kept.move_to_end(question)
        while len(self._kept) > MOST_DOCUMENTS or sum(len(one.body) for one in self._kept.values()) > MOST_BYTES:
            self._kept.popitem(last=False)
        return document
