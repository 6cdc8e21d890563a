"""Texts that spreadsheets would run as formulas."""

from __future__ import annotations

import re

# How a formula begins (OWASP, «CSV Injection»); some spreadsheets accept the full-width forms. Invisible characters may
# come before: controls, and the format and blank characters of Unicode. For Python and PostgreSQL alike.
_INVISIBLE = (
    r"\u0001-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F"
    r"\u200B-\u200F\u2028-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF9-\uFFFB\U000E0000-\U000E0FFF"
)
FORMULA = rf"^[{_INVISIBLE}]*[-=+@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]"


def disarmed(text: str) -> str:
    """Return a text with a quote before it if it begins like a formula."""
    return f"'{text}" if re.match(FORMULA, text) else text
