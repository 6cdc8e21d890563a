"""When a feed's runs are scheduled: the hours and weekdays of a cron expression."""

from __future__ import annotations

from fleetfeed.errors import ConfigError

HOURS = tuple(range(24))
WEEKDAYS = tuple(range(7))  # 0 is Sunday, as in cron
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def hours_of(schedule: str | None) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Give the hours and the weekdays in which a schedule runs; without one, all. Raises ConfigError."""
    if schedule is None:
        return HOURS, WEEKDAYS
    fields = schedule.split()
    try:
        if len(fields) != 5:
            raise ValueError
        days = {day % 7 for day in _field(fields[4].lower(), 7, _DAYS)}
        return tuple(sorted(_field(fields[1], 23))), tuple(sorted(days))
    except ValueError:
        raise ConfigError(
            f"The schedule {schedule!r} cannot be read.",
            next_step='Write it as cron does, with five fields: "*/20 6-20 * * *".',
        ) from None


def _field(text: str, last: int, names: tuple[str, ...] = ()) -> set[int]:
    """Read one field: `*`, `6`, `6-20`, `*/4`, `6-20/2`, or several of these with commas."""
    found: set[int] = set()
    for part in text.split(","):
        span, slash, step = part.partition("/")
        if span == "*":
            first, end = 0, last
        else:
            low, dash, high = span.partition("-")
            first = _number(low, names)
            end = _number(high, names) if dash else (last if slash else first)
        if not 0 <= first <= end <= last or (slash and int(step) < 1):
            raise ValueError
        found.update(range(first, end + 1, int(step) if slash else 1))
    return found


def _number(text: str, names: tuple[str, ...]) -> int:
    return names.index(text) if text in names else int(text)
