"""Whatever is asked, the server answers with a document or says what is wrong."""

from __future__ import annotations

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kit import Bench, examples

NAMES = st.sampled_from(["cluster", "status", "window", "from", "to", "limit", "state", "", "x"])
NEAR = st.sampled_from(["lat", "lon", "unit", "ticket", "limit", "x"])
TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["7d", "custom", "5", "-1", "1e5", "open", "closed", "(none)", "NaN", "2026-11-20T00:00:00+03:00"]),
    st.sampled_from(["'; DROP TABLE tickets.inc; --", "%s", "%(x)s", "<script>", "\x00", "\u202e", "9" * 400]),
)
ROUTES = st.sampled_from(["dashboard", "tickets.geojson", "tickets.csv", "open.csv", "freshness", "tickets/INC1"])


@given(st.sampled_from(["nearest", "nearest-units"]), st.dictionaries(NEAR, TEXTS, max_size=3))
@settings(max_examples=examples(1))
def test_no_point_unit_or_ticket_breaks_the_server(
    client: httpx.Client, loaded: Bench, route: str, given: dict[str, str]
) -> None:
    response = client.get(f"/api/v1/feeds/inc/{route}", params=given)

    assert response.status_code in (200, 400, 404), response.text
    assert "SELECT" not in response.text


@given(ROUTES, st.dictionaries(NAMES, TEXTS, max_size=3))
@settings(max_examples=examples(1))
def test_no_parameter_breaks_the_server(client: httpx.Client, loaded: Bench, route: str, given: dict[str, str]) -> None:
    response = client.get(f"/api/v1/feeds/inc/{route}", params=given)

    assert response.status_code in (200, 400), response.text
    if response.status_code == 400:
        assert response.json()["detail"]
        assert "SELECT" not in response.text
