"""Make text from any source safe to show. Imports nothing of the project."""

from __future__ import annotations

LONGEST = 4_000  # characters of a line for people


def shortened(text: str, longest: int = LONGEST) -> str:
    """Cut the middle out of a long text. Redact before: half a secret would not be found."""
    if len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half]} … ({len(text) - 2 * half:,} characters left out) … {text[-half:]}"


def counted(count: int, noun: str, verb: str = "") -> str:
    """Format a count with its noun; with the `verb` `is/are`: `1 row is`, `2 rows are`."""
    one, _, more = verb.partition("/")
    form = one if count == 1 else more
    return f"{count:,} {noun}{'s' * (count != 1)}" + (f" {form}" if form else "")


def printable(text: str) -> str:
    """Escape what a terminal would act on: `\\x1b`, `\\n`, `\\u202e`."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
