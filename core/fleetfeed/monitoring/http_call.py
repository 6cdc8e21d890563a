"""Call a URL that contains a token: with a short timeout, and without the URL in any error."""

from __future__ import annotations

import queue
import threading
from typing import Any

from fleetfeed._version import __version__
from fleetfeed.errors import NotDelivered
from fleetfeed.runtime import logs

SECONDS = 5.0  # for the whole call: a socket's timeout restarts with every byte received


def call(what: str, feed: str, url: str, document: dict[str, Any] | None = None) -> None:
    """GET a URL, or POST a JSON document to it, about a feed. Raises NotDelivered with `what` in its message."""
    import httpx

    done: queue.SimpleQueue[str] = queue.SimpleQueue()
    late = f"no answer within {SECONDS:g} s"

    def ask() -> None:
        try:
            done.put(_fault(httpx, url, document))
        except httpx.TimeoutException:
            done.put(late)
        except Exception as error:  # noqa: BLE001 (its text may contain the URL)
            done.put(f"it cannot be reached ({type(error).__name__})")

    # A daemon: a call without a response must not keep the process from ending.
    threading.Thread(target=ask, daemon=True).start()
    try:
        fault = done.get(timeout=SECONDS)
    except queue.Empty:
        fault = late
    if fault:
        raise NotDelivered(what, fault)
    logs.log(logs.DEBUG, f"{what} was delivered", event="notified", feed=feed)


def _fault(httpx: Any, url: str, document: dict[str, Any] | None) -> str:
    # Redirects are not followed, as the token is for this host only. The body is not read, as it does not matter.
    method, agent = "POST" if document else "GET", {"User-Agent": f"fleetfeed/{__version__}"}
    with httpx.stream(method, url, json=document, timeout=SECONDS, headers=agent) as response:
        return "" if response.is_success else f"it answered {response.status_code}"
