"""Days, times and durations as people say them. Pure, and independent of the machine's language."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

_FIRST_WEEKEND_DAY = 5


def say_day(day: date) -> str:
    """A date as people say it: "Monday 30 November 2026"."""
    return f"{day:%A} {day.day} {day:%B} {day.year}"


def say_time(moment: time | datetime) -> str:
    """A time of day, with seconds only where there are any."""
    return f"{moment:%H:%M:%S}" if moment.second else f"{moment:%H:%M}"


def say_local(local: datetime) -> str:
    """Day and time as people say them: "Sunday 28 March 2027 01:30"."""
    return f"{say_day(local.date())} {say_time(local)}"


def say_duration(length: timedelta) -> str:
    """A duration as config.toml spells it: "30m", "90s", "1h"."""
    seconds = length.total_seconds()
    if seconds >= 1 and seconds % 3600 == 0:
        return f"{seconds / 3600:.0f}h"
    if seconds >= 1 and seconds % 60 == 0:
        return f"{seconds / 60:.0f}m"
    return f"{seconds:g}s"


def is_weekend(day: date) -> bool:
    """Saturday or Sunday."""
    return day.weekday() >= _FIRST_WEEKEND_DAY


def days_between(first: date, last: date) -> tuple[date, ...]:
    """Every day from first to last, both included."""
    return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
