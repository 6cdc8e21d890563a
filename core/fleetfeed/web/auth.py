"""Who asks: everybody, the holder of a token, or the user that a proxy names."""

from __future__ import annotations

import hmac
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import ip_address, ip_network
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Literal

from starlette.requests import Request

from fleetfeed.errors import ConfigError
from fleetfeed.states import TokenRole
from fleetfeed.web.problems import Refused

if TYPE_CHECKING:
    from fleetfeed.config.tables import ServeSettings

COOKIE = "ff_session"
SESSION_SECONDS = 12 * 3600
USER_HEADERS = ("x-forwarded-user", "x-auth-request-email")
_MOST_FAILURES = 5  # a minute, from one address
_MOST_SESSIONS = 1000


@dataclass
class Auth:
    """Return the name of who asks, or refuse."""

    kind: Literal["none", "token", "proxy"]
    tokens: Mapping[str, str] = field(default_factory=dict)  # name → secret
    proxies: tuple[str, ...] = ()  # addresses and networks
    roles: Mapping[str, TokenRole] = field(default_factory=dict)  # of tokens, by name
    _sessions: dict[str, tuple[str, float]] = field(default_factory=dict)  # id → name, when it ends
    _failures: dict[str, list[float]] = field(default_factory=dict)  # address → times

    def __post_init__(self) -> None:
        """Check the settings. Raises ConfigError."""
        if self.kind == "token" and not self.tokens:
            raise ConfigError(
                '[serve] has auth = "token", but no token has a secret.',
                next_step="Add [serve.tokens.NAME] and set FLEETFEED_SERVE__TOKENS__NAME__SECRET.",
            )
        try:
            self._networks = [ip_network(one) for one in self.proxies]
        except ValueError:
            raise ConfigError(
                "[serve] trusted_proxies holds something that is no address or network.",
                next_step='Write addresses such as "10.0.0.5" or "10.0.0.0/24".',
            ) from None
        if self.kind == "proxy" and not self.proxies:
            raise ConfigError(
                '[serve] has auth = "proxy", but trusted_proxies is empty.',
                next_step="Name the proxy's address there: only its word counts.",
            )

    def name(self, request: Request) -> str:
        """Return the name of who asks, if they may read. Raises Refused (401, 403)."""
        return self._reader(self._who(request))

    def writer(self, request: Request, *roles: TokenRole) -> str:
        """Return the name of who asks, if they have one of these roles. Raises Refused (401, 403)."""
        name = self._who(request)
        if self._has(request, name, roles):
            return name
        raise Refused(
            HTTPStatus.FORBIDDEN,
            f"Only a {' or '.join(roles)} may do this.",
            f'Use a token with role = "{roles[0]}" in [serve.tokens.NAME]; with auth = "none", ask from this machine.',
        )

    def is_dispatcher(self, request: Request) -> bool:
        """Whether who asks may make holds. Raises Refused (401, 403) for who may not even read."""
        return self._has(request, self.name(request), [TokenRole.DISPATCHER])

    def _has(self, request: Request, name: str, roles: Collection[TokenRole]) -> bool:
        if self.kind == "none":
            return _is_here(request)
        return self.kind == "token" and self.roles.get(name) in roles

    def _reader(self, name: str) -> str:
        if self.kind == "token" and self.roles.get(name) is TokenRole.FEEDER:
            raise Refused(
                HTTPStatus.FORBIDDEN, "This token may only send positions.", 'To read, use one with role = "viewer".'
            )
        return name

    def _who(self, request: Request) -> str:
        if self.kind == "token":
            return self._by_token(request)
        return self._by_proxy(request) if self.kind == "proxy" else "everybody"

    def log_in(self, request: Request, secret: str) -> str:
        """Return the id of a new session. Raises Refused (401, 403, 429)."""
        name = self._reader(self._check(request, secret))
        now = time.monotonic()
        self._sessions = {key: one for key, one in self._sessions.items() if one[1] > now}
        while len(self._sessions) >= _MOST_SESSIONS:
            self._sessions.pop(next(iter(self._sessions)))
        key = token_urlsafe(32)
        self._sessions[key] = name, now + SESSION_SECONDS
        return key

    def log_out(self, request: Request) -> None:
        """End the session of a request."""
        self._sessions.pop(request.cookies.get(COOKIE, ""), None)

    def _by_token(self, request: Request) -> str:
        kind, _, secret = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self._check(request, secret.strip())
        name, ends = self._sessions.get(request.cookies.get(COOKIE, ""), ("", 0.0))
        if name and ends > time.monotonic():
            return name
        raise _unknown("Sign in on the page, or send the header Authorization: Bearer TOKEN.")

    def _check(self, request: Request, secret: str) -> str:
        address, now = self._client(request), time.monotonic()
        recent = [at for at in self._failures.get(address, ()) if now - at < 60]
        if len(recent) >= _MOST_FAILURES:
            raise Refused(
                HTTPStatus.TOO_MANY_REQUESTS,
                "There were too many wrong tokens from this address.",
                "Wait a minute.",
                {"Retry-After": "60"},
            )
        given = secret.encode()
        # Compare with all, so that the time does not tell which one is close.
        found = [name for name, known in self.tokens.items() if hmac.compare_digest(known.encode(), given)]
        if found:
            return found[0]
        self._failures = {key: times for key, times in self._failures.items() if now - times[-1] < 60}
        self._failures[address] = [*recent, now]
        raise _unknown("This token is not known.")

    def _by_proxy(self, request: Request) -> str:
        user = next(filter(None, (request.headers.get(name) for name in USER_HEADERS)), "")
        if not self._is_trusted(_address(request)):
            raise Refused(
                HTTPStatus.FORBIDDEN,
                "Only the proxy may ask this server.",
                "Add its address to trusted_proxies in [serve] of fleetfeed.toml.",
            )
        if not user:
            raise _unknown("The proxy named no user: let it send X-Forwarded-User.")
        return user

    def _client(self, request: Request) -> str:
        """Return the address of who asks: behind trusted proxies, the last one that is not theirs."""
        hops = [hop.strip() for hop in request.headers.get("x-forwarded-for", "").split(",") if hop.strip()]
        for address in (_address(request), *reversed(hops)):
            if not self._is_trusted(address):
                return address
        return _address(request)

    def _is_trusted(self, address: str) -> bool:
        try:
            return any(ip_address(address) in network for network in self._networks)
        except ValueError:
            return False


def secrets_of(settings: ServeSettings) -> dict[str, str]:
    """Return the secrets of all tokens that have one, by name."""
    return {name: token.secret.get_secret_value() for name, token in settings.tokens.items() if token.secret}


def roles_of(settings: ServeSettings) -> dict[str, TokenRole]:
    """Return the roles of all tokens, by name."""
    return {name: token.role for name, token in settings.tokens.items()}


def _is_here(request: Request) -> bool:
    """Whether a request comes from this machine, and not by way of a proxy on it."""
    if {"forwarded", "x-forwarded-for"} & {*request.headers.keys()}:
        return False
    try:
        return ip_address(_address(request)).is_loopback
    except ValueError:
        return False


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _unknown(hint: str) -> Refused:
    return Refused(HTTPStatus.UNAUTHORIZED, "The server does not know who asks.", hint, {"WWW-Authenticate": "Bearer"})
