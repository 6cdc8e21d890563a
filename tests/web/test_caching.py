"""When an answer is computed again, and what a client is spared."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Sequence
from typing import Any

import httpx

from fleetfeed.database.readers import Readers
from fleetfeed.web import questions
from fleetfeed.web.documents import MOST_BYTES, MOST_DOCUMENTS, Documents
from fleetfeed.web.render import render
from fleetfeed.web.versions import Versions
from tests.kit import Bench, ticket
from tests.web.conftest import Serve

PATH = "/api/v1/feeds/inc/dashboard"


class Counting(Readers):
    """Readers that count how often each function is called."""

    def __init__(self, url: str) -> None:
        super().__init__(url, as_reader=True)
        self.asked: list[str] = []

    async def ask(self, sql: str, values: Sequence[Any] = (), *, patience: float = 5) -> Any:
        self.asked.append(sql)
        return await super().ask(sql, values, patience=patience)

    def calls(self, name: str) -> int:
        return sum(name in sql for sql in self.asked)


def documents(readers: Readers, tick: float = 300) -> Documents:
    return Documents(readers, Versions(readers, tick), render)


def test_a_poll_that_finds_nothing_new_gets_304_and_no_body(client: httpx.Client, loaded: Bench) -> None:
    etag = client.get(PATH).headers["etag"]

    for given in (etag, etag.removeprefix("W/"), f'"x", {etag}', "*"):
        response = client.get(PATH, headers={"If-None-Match": given})
        assert (response.status_code, response.content, response.headers["etag"]) == (304, b"", etag)
        assert sum(len(name) + len(value) + 4 for name, value in response.headers.raw) < 400
    assert client.get(PATH, headers={"If-None-Match": '"x"'}).status_code == 200


def test_a_load_is_shown_at_the_next_poll(client: httpx.Client, loaded: Bench) -> None:
    before = client.get(PATH)
    loaded.loaded([ticket(f"INC{number}") for number in range(1, 6)])
    time.sleep(1.1)  # for so long a version is remembered
    after = client.get(PATH, headers={"If-None-Match": before.headers["etag"]})

    assert (before.json()["counts"]["open"], after.json()["counts"]["open"]) == (2, 5)


def test_time_alone_changes_an_answer_only_with_the_tick(serve: Serve, loaded: Bench) -> None:
    slow, fast = serve(), serve(tick="1s")
    before = [one.get(PATH).headers["etag"] for one in (slow, fast)]
    time.sleep(1.2)
    after = [one.get(PATH).headers["etag"] for one in (slow, fast)]

    assert (before[0] == after[0], before[1] == after[1]) == (True, False)


def test_answers_of_different_arguments_have_different_tags(client: httpx.Client, loaded: Bench) -> None:
    paths = [PATH, f"{PATH}?window=30d", f"{PATH}?cluster=Kilimani", "/api/v1/feeds/inc/tickets.geojson"]

    assert len({client.get(path).headers["etag"] for path in paths}) == len(paths)


def test_bytes_are_sent_as_gzip_or_as_they_are(client: httpx.Client, loaded: Bench) -> None:
    zipped = client.get(PATH, headers={"Accept-Encoding": "gzip"})
    plain = client.get(PATH, headers={"Accept-Encoding": "identity"})
    neither = client.get(PATH, headers={"Accept-Encoding": "br, identity;q=0"})

    assert zipped.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert zipped.content == plain.content
    assert neither.status_code == 406


async def _together(url: str) -> tuple[Counting, int]:
    readers = Counting(url)
    await readers.open()
    try:
        kept, question = documents(readers), questions.dashboard("inc", {})
        found = await asyncio.gather(*(kept.get(question) for _ in range(50)))
        return readers, len({one.body for one in found})
    finally:
        await readers.close()


def test_fifty_who_ask_at_once_cost_one_query(url: str, loaded: Bench) -> None:
    readers, bodies = asyncio.run(_together(url))

    assert (readers.calls("fn_inc_dashboard"), readers.calls("fn_freshness"), bodies) == (1, 1, 1)


async def _many(url: str) -> Documents:
    readers = Readers(url, as_reader=True)
    await readers.open()
    try:
        kept = documents(readers)
        for number in range(MOST_DOCUMENTS + 20):
            await kept.get(questions.tickets("inc", {"cluster": f"cluster {number}"}))
        return kept
    finally:
        await readers.close()


def test_only_a_limited_number_of_answers_is_kept(url: str, loaded: Bench) -> None:
    kept = asyncio.run(_many(url))._kept

    assert len(kept) == MOST_DOCUMENTS
    assert sum(len(one.body) for one in kept.values()) <= MOST_BYTES
    assert all(b"FeatureCollection" in gzip.decompress(one.body) for one in kept.values())
