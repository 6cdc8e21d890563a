"""Makes text from anywhere safe to be shown: it imports nothing of ours."""

from __future__ import annotations

LONGEST = 4_000  # characters of a line for people; longer ones hold a name that nobody typed


def shortened(text: str, longest: int = LONGEST) -> str:
    """Cut a long text in its middle, and say so; take secrets out before, for half of one would not be found."""
    if len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half]} … ({len(text) - 2 * half:,} characters left out) … {text[-half:]}"


def counted(count: int, noun: str, verb: str = "") -> str:
    """Count things in one form for one and another for more; with the `verb` `is/are`: `1 row is`, `2 rows are`."""
    one, _, more = verb.partition("/")
    form = one if count == 1 else more
    return f"{count:,} {noun}{'s' * (count != 1)}" + (f" {form}" if form else "")


def printable(text: str) -> str:
    """Show what a terminal would act upon (escapes, line ends, directions of writing) as `\\x1b`, `\\n`, `\\u202e`."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
