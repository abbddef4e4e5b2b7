"""Times as people type them: "Thu 14:30", "14:30", "2027-03-11 14:30", "next", "now"."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.config_values import weekdays
from bot.days import days_between, say_day
from bot.errors import PlanError, Problem, UsageError
from bot.schedule import resolve_local

if TYPE_CHECKING:
    from bot.bootstrap import Shop
    from bot.model import Slot

_CLOCK = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)(?::([0-5]\d))?")
_EXAMPLES = "Write it like “Thu 14:30”, “14:30”, “2027-03-11 14:30”, next or now."


def slot_for(shop: Shop, code: str, words: str) -> Slot:
    """The slot that a person means for a post. Raises UsageError."""
    match words.strip().casefold():
        case "next":
            return shop.bot.next_slot(code)
        case "now":
            return shop.bot.slot_now(code)
    config = shop.config
    days = days_between(config.first_day, config.last_day)
    return parse_moment(words, zone=str(shop.bot.zone()), now=shop.clock.now(), days=days)


def parse_moment(words: str, *, zone: str, now: datetime, days: tuple[date, ...]) -> Slot:
    """The slot of a local time in ``zone``. A weekday is the first such day of the campaign's ``days`` still to come.

    Raises UsageError for what is no time, for a weekday that is over, and for a time that the clocks skip.
    """
    day_words, _, clock_words = words.strip().replace("T", " ", 1 if _is_iso(words) else 0).rpartition(" ")
    local_now = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    clock = _clock(clock_words)
    if clock is None:
        raise _no_time(words, f"“{words}” is not a time.")
    day = _day(day_words.strip(), clock, local_now, days, words)
    try:
        return resolve_local(datetime.combine(day, clock), zone)
    except PlanError as error:
        raise UsageError(
            *(Problem(what=problem.what, where=words, remedy=problem.remedy) for problem in error.problems)
        ) from None


def _is_iso(words: str) -> bool:
    return bool(re.match(r"\s*\d{4}-\d{2}-\d{2}T", words))


def _clock(words: str) -> time | None:
    found = _CLOCK.fullmatch(words)
    return time(int(found[1]), int(found[2]), int(found[3] or 0)) if found else None


def _day(words: str, clock: time, local_now: datetime, days: tuple[date, ...], asked: str) -> date:
    today = local_now.date()
    match words.casefold():
        case "today":
            return today
        case "tomorrow":
            return today + timedelta(days=1)
        case "":
            return today if clock > local_now.time() else today + timedelta(days=1)
    try:
        return date.fromisoformat(words)
    except ValueError:
        return _weekday(words, clock, local_now, days, asked)


def _weekday(words: str, clock: time, local_now: datetime, days: tuple[date, ...], asked: str) -> date:
    wanted = weekdays(words)
    if wanted is None or len(wanted) != 1:
        raise _no_time(asked, f"“{words}” is not a day.")
    minute = local_now.replace(second=0, microsecond=0)
    for day in days:
        if day.weekday() in wanted and datetime.combine(day, clock) >= minute:
            return day
    raise UsageError(
        Problem(
            what=f"No such day of the campaign is still to come: it ends on {say_day(days[-1])}.",
            where=asked,
            remedy=f"Give the date, such as “{local_now.date() + timedelta(days=1)} {clock:%H:%M}”, or: --to now",
        )
    )


def _no_time(words: str, what: str) -> UsageError:
    return UsageError(Problem(what=what, where=words, remedy=_EXAMPLES))
