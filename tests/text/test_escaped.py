"""Bytes that are kept as text come back as they were."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fleetfeed.text.parse import escaped, unescaped

pieces = st.sampled_from([b"\\", b"x", b"E9", b"\\xE9", b"\xe9", b"\0", b"\xc3\xa9", b"\n", b"\xed\xa0\x80"])


@given(st.lists(pieces | st.binary(max_size=3)).map(b"".join))
def test_what_is_escaped_comes_back_byte_for_byte(raw: bytes) -> None:
    assert unescaped(escaped(raw)) == raw


@given(st.binary())
def test_what_is_escaped_can_be_kept_in_a_database(raw: bytes) -> None:
    assert "\0" not in escaped(raw)
    escaped(raw).encode()
