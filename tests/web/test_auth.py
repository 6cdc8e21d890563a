"""Who may read."""

from __future__ import annotations

import httpx
import pytest

from fleetfeed.errors import ConfigError
from fleetfeed.web.auth import Auth
from tests.web.conftest import Serve

TOKENS = {"auth": "token", "tokens": {"wall": {"secret": "made-up-token"}, "unset": {}}}
PROXY = {"auth": "proxy", "trusted_proxies": ["127.0.0.0/8"]}
DATA = ("/api/v1", "/api/v1/openapi.json", "/api/v1/feeds/inc/dashboard", "/api/v1/feeds/inc/tickets/x")


@pytest.mark.parametrize("path", [*DATA, "/overlays/x.geojson", "/basemap.pmtiles"])
def test_without_a_token_no_data_is_sent(serve: Serve, path: str) -> None:
    response = serve(**TOKENS).get(path)

    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")


def test_a_token_is_known_by_its_name(serve: Serve) -> None:
    client = serve(**TOKENS)

    assert client.get("/api/v1", headers={"Authorization": "Bearer made-up-token"}).json()["me"]["name"] == "wall"
    for wrong in ("Bearer made-up-toke", "Bearer", "Basic made-up-token", "Bearer unset"):
        assert client.get("/api/v1", headers={"Authorization": wrong}).status_code == 401


def test_a_browser_signs_in_and_out(serve: Serve) -> None:
    client = serve(**TOKENS)
    signed = client.post("/login", data={"token": "made-up-token"})
    cookie = signed.headers["set-cookie"]

    assert signed.status_code == 204
    assert "made-up-token" not in cookie
    assert all(part in cookie for part in ("HttpOnly", "SameSite=strict", "Max-Age=43200"))
    assert client.get("/api/v1").json()["me"]["name"] == "wall"
    client.post("/logout")
    assert client.get("/api/v1").status_code == 401


def test_behind_a_trusted_proxy_each_client_has_its_own_five_tries(serve: Serve) -> None:
    client = serve(**TOKENS, trusted_proxies=["127.0.0.1"])

    def tries(address: str) -> list[int]:
        headers = {"X-Forwarded-For": f"forged, {address}", "Authorization": "Bearer wrong"}
        return [client.get("/api/v1", headers=headers).status_code for _ in range(6)]

    assert (tries("192.0.2.1")[-1], tries("192.0.2.2")[0]) == (429, 401)


def test_a_cookie_that_no_session_has_is_unknown(serve: Serve) -> None:
    assert serve(**TOKENS).get("/api/v1", headers={"Cookie": "ff_session=guess"}).status_code == 401


def test_guessing_is_slowed_down(serve: Serve) -> None:
    client = serve(**TOKENS)
    wrong = [client.post("/login", data={"token": f"guess {n}"}).status_code for n in range(7)]

    assert wrong == [401] * 5 + [429] * 2
    right = client.get("/api/v1", headers={"Authorization": "Bearer made-up-token"})
    assert (right.status_code, right.headers["retry-after"]) == (429, "60")


def test_a_form_of_another_site_does_not_sign_in(serve: Serve) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}

    assert serve(**TOKENS).post("/login", data={"token": "made-up-token"}, headers=headers).status_code == 403


def test_a_large_form_is_refused(serve: Serve) -> None:
    assert serve(**TOKENS).post("/login", data={"token": "x" * 5000}).status_code == 413


def test_the_user_of_a_trusted_proxy_is_known(serve: Serve) -> None:
    client = serve(**PROXY)

    assert client.get("/api/v1", headers={"X-Forwarded-User": "anna"}).json()["me"]["name"] == "anna"
    assert client.get("/api/v1").status_code == 401


def test_a_stranger_cannot_pose_as_the_proxy(serve: Serve) -> None:
    client = serve(auth="proxy", trusted_proxies=["10.0.0.5"])

    assert client.get("/api/v1", headers={"X-Forwarded-User": "anna"}).status_code == 403


@pytest.mark.parametrize(
    ("kind", "proxies", "cause"),
    [
        ("token", (), "no token has a secret"),
        ("proxy", (), "trusted_proxies is empty"),
        ("proxy", ("10.0.0",), "no address or network"),
    ],
)
def test_auth_that_could_not_work_is_an_error(kind: str, proxies: tuple[str, ...], cause: str) -> None:
    with pytest.raises(ConfigError, match=cause):
        Auth(kind, {}, proxies)  # type: ignore[arg-type]  # parametrised


def test_signing_in_where_it_is_not_needed_is_not_found(client: httpx.Client) -> None:
    assert client.post("/login", data={"token": "x"}).status_code == 404


def test_a_user_of_a_proxy_has_no_role_of_a_token(serve: Serve) -> None:
    tokens = {"amina": {"secret": "made-up-token", "role": "feeder"}}
    client = serve(**PROXY, tokens=tokens)

    assert client.get("/api/v1", headers={"X-Forwarded-User": "amina"}).status_code == 200
