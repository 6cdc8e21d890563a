"""Which texts are whole numbers, and by which signs. It judges as tickets.whole() does."""

from __future__ import annotations

import re

_WHOLE = re.compile(r"[+-]?\d{1,9}(\.\d{0,20})?", re.ASCII)
_TWO_WAYS = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}", re.ASCII)
_SPACES = str.maketrans("\u00a0\u2009\u202f", "   ")
_APOSTROPHE = str.maketrans("\u2019", "'")


def is_whole(text: str, decimal: str = "", thousands: str = "") -> bool:
    """Tell whether a text is a number by these signs; without a decimal sign `1.234` could be two numbers."""
    if not decimal:
        return _WHOLE.fullmatch(text) is not None and not _TWO_WAYS.fullmatch(text)
    if "_" in text:  # which stands for the decimal sign below
        return False
    text = text.translate({" ": _SPACES, "'": _APOSTROPHE}.get(thousands, {}))
    if thousands and thousands in text:
        if not re.fullmatch(rf"[+-]?\d{{1,3}}(_\d{{3}})+([{decimal}]\d*)?", text.replace(thousands, "_"), re.ASCII):
            return False
        text = text.replace(thousands, "")
    return re.fullmatch(r"[+-]?\d{1,9}(_\d{0,20})?", text.replace(decimal, "_"), re.ASCII) is not None
