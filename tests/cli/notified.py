"""The receiver of notifications, played by a server on the loopback."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.cli.site import Site
from tests.fault_server import Answer, Asked, FaultServer, fault_server

TOKEN = "T0ken-of-whoever-is-notified"
DOWN = {"DATABASE_URL": "postgresql://fleetfeed:canary-word@127.0.0.1:1/fleetfeed"}
WRONG_KEY = {"RUSTFS_SECRET_KEY": "a-canary-that-is-wrong"}


def fine(asked: Asked) -> Answer:
    return Answer()


@contextmanager
def webhook(site: Site, answer: Callable[[Asked], Answer] = fine) -> Iterator[FaultServer]:
    """Give the site a webhook."""
    with fault_server(answer) as server:
        site.env["FLEETFEED_NOTIFY__WEBHOOK"] = f"{server.url}/hooks/{TOKEN}"
        yield server


def documents(server: FaultServer) -> list[dict[str, Any]]:
    """Give what was posted."""
    return [json.loads(asked.body) for asked in server.asked if asked.method == "POST"]


def events(server: FaultServer) -> list[tuple[str, str, str, str | None]]:
    """Give what was reported, in short."""
    return [(one["feed"], one["event"], one["state"], one["previous"]) for one in documents(server)]
