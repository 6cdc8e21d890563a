"""Calls an address that holds a token: within seconds, and whatever goes wrong is told without the address."""

from __future__ import annotations

import queue
import threading
from typing import Any

from fleetfeed._version import __version__
from fleetfeed.errors import NotHeard
from fleetfeed.runtime import logs

SECONDS = 5.0  # all in all: a socket's own timeout begins anew with every byte that drips in


def call(what: str, feed: str, url: str, document: dict[str, Any] | None = None) -> None:
    """GET an address, or POST a JSON document to it, about a feed. Raises NotHeard, which says `what` was not heard."""
    import httpx

    done: queue.SimpleQueue[str] = queue.SimpleQueue()
    late = f"no answer within {SECONDS:g} s"

    def ask() -> None:
        try:
            done.put(_fault(httpx, url, document))
        except httpx.TimeoutException:
            done.put(late)
        except Exception as error:  # noqa: BLE001 (its text may hold the address)
            done.put(f"it cannot be reached ({type(error).__name__})")

    # A daemon: a call that is never answered must not keep the process from ending.
    threading.Thread(target=ask, daemon=True).start()
    try:
        fault = done.get(timeout=SECONDS)
    except queue.Empty:
        fault = late
    if fault:
        raise NotHeard(what, fault)
    logs.tell(logs.DEBUG, f"{what} was heard", event="notified", feed=feed)


def _fault(httpx: Any, url: str, document: dict[str, Any] | None) -> str:
    # A redirect is not followed: the token belongs to this host. A body is not read: nothing in it counts.
    method, agent = "POST" if document else "GET", {"User-Agent": f"fleetfeed/{__version__}"}
    with httpx.stream(method, url, json=document, timeout=SECONDS, headers=agent) as response:
        return "" if response.is_success else f"it answered {response.status_code}"
