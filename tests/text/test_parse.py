"""The text of one cell."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fleetfeed.text.parse import WHITE_SPACE, cells, clean, escaped, is_e_notation, location_key

any_text = st.text()  # lone surrogates too


def test_white_space_is_all_that_strip_takes_away() -> None:
    assert sorted(WHITE_SPACE) == [char for char in map(chr, range(sys.maxunicode + 1)) if not char.strip()]


@given(any_text)
@example("\0 \0")
@example("\0")
@example(" \0\xa0a\0b\u3000")
def test_clean_leaves_text_without_nul_and_without_edges_or_nothing(cell: str) -> None:
    cleaned = clean(cell)
    if cleaned is None:
        assert not cell.replace("\0", "").strip()
    else:
        assert cleaned
        assert cleaned == cell.replace("\0", "").strip()
    assert clean(cleaned) == cleaned


def test_clean_knows_no_words_for_null() -> None:
    assert clean(None) is None
    assert [clean(word) for word in ("NULL", "None", "N/A", "-", "0")] == ["NULL", "None", "N/A", "-", "0"]


@given(any_text)
@example("e\u200b\u0301")  # a zero-width space between a letter and its accent
@example("\xa8")  # NFKC makes a space of it
@example("\ufeff \u2060")
def test_a_location_key_is_its_own_location_key(name: str) -> None:
    key = location_key(name)
    assert location_key(key) == key
    if key is not None:
        assert key == " ".join(key.split())
        assert unicodedata.is_normalized("NFKC", key)


@pytest.mark.parametrize(
    "name",
    [
        "Moi Avenue, Kilimani",
        "Moi\xa0Avenue,  Kilimani",
        "\u200bMoi Avenue,\u3000Kilimani\ufeff",
        " Moi\tAvenue,\r\nKilimani ",
        "Ｍoi Ave\u200dnue, Kilimanⅰ",
    ],
)
def test_spellings_of_one_place_have_one_location_key(name: str) -> None:
    assert location_key(name) == "Moi Avenue, Kilimani"


@pytest.mark.parametrize("name", [None, "", " ", "\xa0\u2003", "\u200b\ufeff"])
def test_no_name_has_no_location_key(name: str | None) -> None:
    assert location_key(name) is None


def test_a_location_key_keeps_case_and_network_codes() -> None:
    assert location_key("MOI avenue [OLT-07/GPON 3]") == "MOI avenue [OLT-07/GPON 3]"


def _unescaped(text: str) -> bytes:
    out, place = bytearray(), 0
    while place < len(text):
        if text[place] != "\\":
            out += text[place].encode()
            place += 1
        elif text[place + 1] == "\\":
            out += b"\\"
            place += 2
        else:
            assert text[place + 1] == "x"
            out.append(int(text[place + 2 : place + 4], 16))
            place += 4
    return bytes(out)


@given(st.binary() | st.text(st.characters(exclude_categories=["Cs"])).map(str.encode))
@example(b"\\xE9\xe9\\")
@example(b"\xed\xb2\x80")  # a lone surrogate in UTF-8, which is not UTF-8
@example("\ue000 é 𝕏".encode())
def test_escaped_loses_nothing_and_is_text_that_postgresql_takes(raw: bytes) -> None:
    text = escaped(raw)
    assert _unescaped(text) == raw
    assert "\0" not in text
    assert text.encode().decode() == text


def test_escaped_is_readable() -> None:
    assert escaped(b"caf\xe9,\0,C:\\x,\xc3\xa9") == "caf\\xE9,\\x00,C:\\\\x,é"


@pytest.mark.parametrize("key", ["1.2E+05", "1E5", "1e5", "12.E3", "-1.5e-3", "+7E0"])
def test_a_number_with_an_exponent_is_e_notation(key: str) -> None:
    assert is_e_notation(key)


@pytest.mark.parametrize(
    "key", ["", "E5", "1E", "1.2E+", "INC1E5", "1E5X", "120000", "1.2", "1E5 ", "1E5\n", "0x1E5", "1,2E5"]
)
def test_an_id_that_only_resembles_it_is_not_e_notation(key: str) -> None:
    assert not is_e_notation(key)


@pytest.mark.parametrize(
    ("record", "found"),
    [
        (b"1,open\n", ["1", "open"]),
        (b'1, "a,b" ,"c\nd"\n', ["1", "a,b ", "c\nd"]),
        (b'1,"a" b,"never', ["1", "a b", "never"]),
        (b"1,caf\xe9,\n", ["1", "caf\ufffd", ""]),
        ("1,a\x0cb\x85c\u2028d\n".encode(), ["1", "a\x0cb\x85c\u2028d"]),
        (b"1," + b"x" * 300_000, ["1", "x" * 300_000]),
        (b"", []),
    ],
)  # fmt: skip
def test_the_cells_of_a_bad_record_are_guessed(record: bytes, found: list[str]) -> None:
    assert cells(record) == found


@given(st.binary())
def test_any_bytes_have_cells_or_none(record: bytes) -> None:
    assert all("\n" not in cell for cell in cells(record.replace(b'"', b"").replace(b"\r", b"")))
