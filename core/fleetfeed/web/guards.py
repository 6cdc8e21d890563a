"""What is checked before any route, and the headers that every response gets."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fleetfeed.web.problems import Refused, problem

LONGEST_QUERY = 4096
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
}
_SELF = " ".join(f"{kind}-src 'self';" for kind in ("script", "style", "connect", "worker", "font", "manifest"))
_PREFLIGHT = {"Access-Control-Allow-Methods": "GET", "Access-Control-Allow-Headers": "Authorization, If-None-Match"}
_FOR_PROBES = ("/healthz", "/readyz")  # which call it by its address
_EXPOSED = "ETag, Fleetfeed-Kept"


class Guards:
    """Check host and size of each request, and add the security headers to each response."""

    def __init__(
        self, app: ASGIApp, hosts: Iterable[str], origins: Iterable[str] = (), embed_in: Iterable[str] = ()
    ) -> None:
        self.app = app
        self.hosts = {_bracketed(host.lower()) for host in hosts}
        self.origins = frozenset(origins)
        ancestors = " ".join(embed_in) or "'none'"
        self._of_pages = (
            f"default-src 'none'; {_SELF} img-src 'self' data: blob:; "
            f"base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                found = MutableHeaders(scope=message)
                if message["status"] != HTTPStatus.NOT_MODIFIED:  # the browser has those of the stored response
                    self._add_security(found, scope["path"])
                self._add_cors(found, headers.get("origin", ""))
            await send(message)

        refused, path = self._refused(scope, headers), scope["path"]
        answer: ASGIApp = problem(refused) if refused else self.app
        if not refused and path.endswith("/") and path != "/" and "/tickets/" not in path:
            query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
            answer = RedirectResponse(f"/{path.strip('/')}{query}", HTTPStatus.PERMANENT_REDIRECT)
        if scope["method"] == "OPTIONS" and path.startswith("/api/") and headers.get("origin", "") in self.origins:
            answer = Response(status_code=HTTPStatus.NO_CONTENT, headers=_PREFLIGHT)
        await answer(scope, receive, sending)

    def _refused(self, scope: Scope, headers: Headers) -> Refused | None:
        host = _name(headers.get("host", ""))
        # Else another site could point its name at this address (DNS rebinding).
        if host not in self.hosts and scope["path"] not in _FOR_PROBES:
            return Refused(
                HTTPStatus.FORBIDDEN,
                "This server does not answer to that host name.",
                "Add the name to allowed_hosts in [serve] of fleetfeed.toml.",
            )
        if len(scope["query_string"]) > LONGEST_QUERY:
            return Refused(
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                f"The query string is longer than {LONGEST_QUERY:,} bytes.",
                "Pass less.",
            )
        return None

    def _add_security(self, headers: MutableHeaders, path: str) -> None:
        headers.update(_ALWAYS)
        is_api = path.startswith("/api/")
        headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'" if is_api else self._of_pages

    def _add_cors(self, headers: MutableHeaders, origin: str) -> None:
        if self.origins:
            headers.add_vary_header("Origin")
        if origin in self.origins:
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = _EXPOSED
            headers["Cross-Origin-Resource-Policy"] = "cross-origin"


def _name(host: str) -> str:
    """Return the name in a Host header, without the port; "" if it is none."""
    try:
        found = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
    return _bracketed(found)


def _bracketed(host: str) -> str:
    """Return a host as in a URL: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
