"""Draw the examples on which a law is checked."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from hypothesis import settings

FEW = 3  # examples by default: a load takes a tenth of a second
# Cells that code written for ordinary ones fails on.
JUNK = (
    *("", " ", "\t", "\u00a0", "?", "-", "N/A", "null", "None", "nan", "NaN", "inf", "-1", "0", "00", "1e309", "1E+05"),
    *("99999999999999999999", "536.5", "1,5", "1.5.5", "1_000", "٣٤", "½", "0x1F", "--", "+", "."),
    *("0000-00-00 00:00:00", "9999-12-31 23:59:59", "2026-02-30 10:00", "2026-13-45 99:99", "31/02/2026", "soon"),
    *("2026-02-03T10:00:00+99:99", "2026-02-03 24:00:00", "1969-12-31 23:59", "12:00", "true", "yes", "2", "tru\u00e9"),
    *('"', '""', "'", "\\", "\\N", "\\x00", "a\nb", "a\r\nb", "a\0b", "\x1b[31m", "\x7f", ";", "|", ",", "a;b|c,d\te"),
    *("'; DROP TABLE tickets; --", "=1+1", "{", "{}", '{"a": 1}', "[]", "%s", "{0}", "$1", "<b>", "../..", "null\0"),
    *("é", "e\u0301", "ß", "İ", "ﬁ", "\u200b", "\u202e", "\ufeff", "\u2028", "日本", "💥", "\U000e0001", "x" * 3_000),
)


def examples(few: int = FEW) -> Iterator[Random]:
    """Yield `few` sources of random numbers, the same each time; with a longer Hypothesis profile more, and new ones.

    `few` is the number at Hypothesis' default `max_examples` of 100.
    """
    many = max(1, few * settings().max_examples // 100)
    for number in range(many):
        yield Random(number if many <= few else None)  # noqa: S311 (no secret)
