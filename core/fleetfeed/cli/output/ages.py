"""How long ago something was, in words."""

from __future__ import annotations

from datetime import UTC, datetime


def ago(time: str | None) -> str:
    """Return how long ago an ISO time was."""
    if time is None:
        return "never"
    return span(int((datetime.now(UTC) - datetime.fromisoformat(time)).total_seconds() // 60))


def span(minutes: int) -> str:
    """Return how long ago so many minutes are."""
    if minutes < 1:
        return "just now"
    if minutes < 120:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 48 * 60 else f"{minutes // 1440} days ago"
