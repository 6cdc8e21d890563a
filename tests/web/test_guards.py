"""Hosts, origins and the headers of each response."""

from __future__ import annotations

import httpx
import pytest

from tests.web.conftest import Serve


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8765", "[::1]:8765", "LOCALHOST"])
def test_the_machine_itself_is_answered(client: httpx.Client, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::1", "localhost@evil.example"])
def test_another_host_name_is_refused(client: httpx.Client, host: str) -> None:
    response = client.get("/", headers={"Host": host})

    assert (response.status_code, response.json()["title"]) == (403, "Forbidden")


def test_an_allowed_host_name_is_answered(serve: Serve) -> None:
    client = serve(allowed_hosts=["Map.Example", "fd00::5"])

    assert client.get("/api/v1", headers={"Host": "map.example"}).status_code == 200
    assert client.get("/api/v1", headers={"Host": "[fd00::5]:8765"}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/v1", "/nope", "/api/v1/feeds/inc/dashboard"])
def test_each_response_has_the_security_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert "server" not in headers
    assert "access-control-allow-origin" not in headers


def test_only_named_origins_may_read(serve: Serve) -> None:
    client = serve(allow_origins=["https://wall.example"])
    named = client.get("/api/v1", headers={"Origin": "https://wall.example"}).headers
    other = client.get("/api/v1", headers={"Origin": "https://evil.example"}).headers

    assert named["access-control-allow-origin"] == "https://wall.example"
    assert "access-control-allow-origin" not in other
    assert ("Origin" in named["vary"], "Origin" in other["vary"]) == (True, True)


def test_a_named_origin_may_send_a_token(serve: Serve) -> None:
    client = serve(allow_origins=["https://wall.example"])
    asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    named, other = (
        client.options("/api/v1", headers={"Origin": origin, **asked})
        for origin in ("https://wall.example", "https://evil.example")
    )

    assert (named.status_code, other.status_code) == (204, 405)
    assert "Authorization" in named.headers["access-control-allow-headers"]
    assert named.headers["access-control-allow-origin"] == "https://wall.example"


def test_probes_may_call_by_address(client: httpx.Client) -> None:
    assert client.get("/healthz", headers={"Host": "10.1.2.3:8765"}).status_code == 200


def test_only_named_origins_may_embed_the_page(serve: Serve) -> None:
    policies = [
        one.get("/").headers["content-security-policy"] for one in (serve(), serve(embed_in=["https://w.test"]))
    ]

    assert [policy.partition("frame-ancestors ")[2] for policy in policies] == ["'none'", "https://w.test"]


def test_the_page_can_be_switched_off(serve: Serve) -> None:
    client = serve(page=False)
    assert client.get("/api/v1").status_code == 200
    assert client.get("/healthz").status_code == 200
    for path in ("/", "/static/icon.svg", "/login", "/overlays/outline.geojson"):
        assert client.get(path).status_code == 404
