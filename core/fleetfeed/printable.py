"""Makes text from anywhere safe to be shown: it imports nothing of ours."""

from __future__ import annotations


def printable(text: str) -> str:
    """Show what a terminal would act upon (escapes, line ends, directions of writing) as `\\x1b`, `\\n`, `\\u202e`."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
