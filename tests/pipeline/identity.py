"""Runs over a store that says little of its objects."""

from __future__ import annotations

from typing import Any

from fleetfeed.model import RunReport
from tests.kit import Bench, export, ticket
from tests.pipeline.weak_store import WeakStore

ONE, TWO, OTHER = (export([ticket(key) for key in keys]) for keys in (["T1"], ["T1", "T2"], ["T3"]))


def run(bench: Bench, store: WeakStore, *, archive: bool = True, **options: Any) -> RunReport:
    return bench.run(bucket=store.inbox, archive=store.archive if archive else False, **options)


def tickets(bench: Bench) -> list[str]:
    return [row["ticket_id"] for row in bench.rows("ticket_id")]
