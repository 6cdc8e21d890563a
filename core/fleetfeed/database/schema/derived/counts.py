"""The SQL of counts by age, and of percentiles."""

from __future__ import annotations

_STATES = ("ok", "warn", "urgent", "overdue", "unknown")
_AGES = (0, 240, 1440, 2880, 4320, 10080, 43200)  # minutes: lower edges of the dashboard's age groups


def groups() -> dict[str, str]:
    """Return the counts by age against the target, and by age."""
    states = ", ".join(f"count(*) FILTER (WHERE sla_state = '{state}') AS {state}" for state in _STATES)
    return {"states": states, "ages": f"ARRAY{[*_AGES]}", "aged": _aged()}


def percentiles(asked: str) -> str:
    """Return the percentiles `p` of `n` values in minutes; null for fewer than five values."""
    return ", ".join(
        f"'p{name}_minutes', CASE WHEN n >= 5 THEN trim_scale(round(p[{place}]::numeric, 6)) END"
        for place, name in enumerate(asked.split(", "), 1)
    )


def _aged() -> str:
    """Return an array with the number of open tickets per age group."""
    until = [f" AND age_minutes < {edge}" for edge in _AGES[1:]]
    each = (
        f"count(*) FILTER (WHERE age_minutes >= {low}{high})" for low, high in zip(_AGES, [*until, ""], strict=True)
    )
    return f"ARRAY[{', '.join(each)}]"
