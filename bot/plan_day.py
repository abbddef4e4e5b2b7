"""A day of contributions -> one slot for each. Pure: ``now`` is given.

Fixed times are kept. The rest is spread evenly over the free slots of its days; once a day has begun, what comes in late
takes the next free slots of it instead, in the order of the codes. Nothing is placed before the opening, after the
closing, or closer to anything than the spacing. Where the slots of the window do not suffice, the minutes between them
are used too.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from bot import config_values as values
from bot.config_values import WrongValueError
from bot.days import say_day, say_duration, say_local, say_time
from bot.errors import PlanError, Problem
from bot.schedule import resolve_local, slots_by_day, too_close

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from bot.config import Config, Series
    from bot.contribution import Contribution
    from bot.model import PostKey, Slot

_STEP = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class _Room:
    """What is fixed on the days of a series. ``taken`` is sorted; ``names`` says what stands at an instant."""

    config: Config
    days: tuple[date, ...]
    taken: list[datetime]
    names: dict[datetime, str]
    after: datetime | None
    before: datetime | None
    now: datetime

    @property
    def spacing(self) -> timedelta:
        return self.config.posting.spacing

    def neighbour(self, instant: datetime) -> str:
        """What stands too close to an instant; empty when nothing does."""
        index = bisect_left(self.taken, instant)
        for found in self.taken[max(0, index - 1) : index + 1]:
            if abs(found - instant) < self.spacing:
                return self.names[found]
        return ""

    def take(self, slot: Slot, name: str) -> None:
        insort(self.taken, slot.due_at)
        self.names[slot.due_at] = name

    def free(self, slots: Sequence[Slot]) -> list[Slot]:
        """Those of the slots that can be used, between opening and closing."""
        return [
            slot
            for slot in slots
            if slot.due_at > self.now
            and (self.after is None or slot.due_at > self.after)
            and (self.before is None or slot.due_at < self.before)
            and not too_close(slot.due_at, self.taken, self.spacing)
        ]


def place_day(
    config: Config,
    series: Series,
    wanted: Mapping[PostKey, Contribution],
    *,
    taken: Mapping[datetime, str],
    between: tuple[datetime | None, datetime | None],
    now: datetime,
) -> dict[PostKey, Slot]:
    """A slot for each contribution that has none. ``taken`` names what stands where; ``between`` are the instants of
    opening and closing. Raises PlanError with every fixed time that cannot be kept, or when there is no room."""
    room = _Room(
        config=config,
        days=series.days,
        taken=sorted(taken),
        names=dict(taken),
        after=between[0],
        before=between[1],
        now=now,
    )
    slots = _fixed(room, wanted)
    open_keys = [key for key in wanted if key not in slots]
    if open_keys:
        slots |= dict(zip(open_keys, _spread(room, len(open_keys)), strict=True))
    return slots


def wanted_local(wish: str, days: Sequence[date]) -> datetime:
    """The local time that a contribution asks for. Raises WrongValueError."""
    *day_words, clock = wish.split()
    moment = values.moment(clock)
    if not day_words:
        if len(days) > 1:
            raise WrongValueError(
                f"{wish} could be on any of {len(days)} days.", f"Say the day as well: {days[0]:%a} {clock}."
            )
        return datetime.combine(days[0], moment)
    weekdays = values.weekdays(day_words[0])
    found = [day for day in days if day.weekday() in weekdays] if weekdays else [values.day(day_words[0])]
    if len(found) != 1 or found[0] not in days:
        listed = ", ".join(say_day(day) for day in days[:5])
        raise WrongValueError(f"“{day_words[0]}” is not one day of the contributions.", f"Their days: {listed}.")
    return datetime.combine(found[0], moment)


def _fixed(room: _Room, wanted: Mapping[PostKey, Contribution]) -> dict[PostKey, Slot]:
    found: dict[PostKey, Slot] = {}
    problems = []
    for key, contribution in wanted.items():
        if not contribution.time:
            continue
        slot = _asked_for(room, contribution)
        if isinstance(slot, Problem):
            problems.append(slot)
            continue
        found[key] = slot
        room.take(slot, contribution.code)
    if problems:
        raise PlanError(*problems)
    return found


def _asked_for(room: _Room, contribution: Contribution) -> Slot | Problem:
    """The slot of a fixed time, or why it cannot be kept."""
    code = contribution.code
    change = f'Give it another time: campaign-bot contributions edit {code} --time "any time"'

    def problem(what: str, remedy: str = change) -> Problem:
        return Problem(what=what, where=f"{code}, {contribution.said}", remedy=remedy)

    try:
        slot = resolve_local(wanted_local(contribution.time, room.days), room.config.zone)
    except WrongValueError as wrong:
        return problem(wrong.what, f"{wrong.remedy} {change}")
    except PlanError as error:
        return problem(error.problems[0].what)
    if slot.due_at <= room.now:
        return problem(f"Its time, {say_local(slot.local)}, has passed.")
    hours = _hours(room.config)
    if not hours[0] <= slot.local.time() <= hours[1]:
        return problem(f"{say_time(slot.local)} is outside the posting hours, {hours[0]:%H:%M} to {hours[1]:%H:%M}.")
    if (room.after and slot.due_at < room.after) or (room.before and slot.due_at > room.before):
        return problem(f"{say_local(slot.local)} is not between the opening and the closing.")
    if neighbour := room.neighbour(slot.due_at):
        spacing = say_duration(room.spacing)
        return problem(f"{say_local(slot.local)} is closer than {spacing} to {neighbour}.")
    return slot


def _hours(config: Config) -> tuple[time, time]:
    posting = config.posting
    return posting.window or (min(posting.times), max(posting.times))


def _spread(room: _Room, number: int) -> list[Slot]:
    grid = [slot for day in slots_by_day(room.days, room.config.posting, room.config.zone) for slot in day]
    free = room.free(grid)
    under_way = _has_begun(room, grid)
    if len(free) >= number:
        return free[:number] if under_way else _evenly(room, grid, free, number)
    minutes = room.free(_minutes(room))
    most = _chain(minutes, room.spacing)
    if len(most) < number:
        raise PlanError(_no_room(room, number, len(most), under_way=under_way))
    return most[:number] if under_way else _evenly_apart(minutes, number, room.spacing)


def _has_begun(room: _Room, grid: Sequence[Slot]) -> bool:
    """Whether the first slot of one of the days has passed, and not yet its last."""
    by_day = {day: [slot.due_at for slot in grid if slot.local.date() == day] for day in room.days}
    return any(instants and instants[0] <= room.now < instants[-1] for instants in by_day.values())


def _evenly(room: _Room, grid: Sequence[Slot], free: Sequence[Slot], number: int) -> list[Slot]:
    """Free slots that lie evenly together with what is fixed already, from the first slot of the days to the last."""
    instants = [slot.due_at for slot in grid]
    free_at = [bisect_left(instants, slot.due_at) for slot in free]
    fixed_at = [bisect_left(instants, one) for one in room.taken if instants[0] <= one <= instants[-1]]
    ideals = _ideals(min([*free_at, *fixed_at]), max([*free_at, *fixed_at]), number + len(fixed_at))
    for place in fixed_at:
        ideals.remove(min(ideals, key=lambda ideal, place=place: abs(ideal - place)))  # type: ignore[misc]
    found: list[Slot] = []
    last = -1
    for done, ideal in enumerate(ideals):
        nearest = min(range(len(free)), key=lambda index, ideal=ideal: abs(free_at[index] - ideal))  # type: ignore[misc]
        last = min(max(nearest, last + 1), len(free) - (number - done))
        found.append(free[last])
    return found


def _ideals(first: int, last: int, number: int) -> list[float]:
    """So many even places from the first to the last; one alone stands in the middle."""
    if number == 1:
        return [(first + last) / 2]
    return [first + place * (last - first) / (number - 1) for place in range(number)]


def _minutes(room: _Room) -> list[Slot]:
    """Every minute of the posting hours; listed times stay as they are."""
    posting = room.config.posting
    if posting.window is None:
        return []
    found = []
    for day in room.days:
        local, end = datetime.combine(day, posting.window[0]), datetime.combine(day, posting.window[1])
        while local <= end:
            with suppress(PlanError):  # the clocks skip this minute
                found.append(resolve_local(local, room.config.zone))
            local += _STEP
    return found


def _chain(minutes: Sequence[Slot], spacing: timedelta) -> list[Slot]:
    """As many slots as fit, each as early as can be."""
    kept: list[Slot] = []
    for slot in minutes:
        if not kept or slot.due_at - kept[-1].due_at >= spacing:
            kept.append(slot)
    return kept


def _evenly_apart(minutes: Sequence[Slot], number: int, spacing: timedelta) -> list[Slot]:
    """Even places, pushed apart where they are closer than the spacing; that many are known to fit."""
    latest = [slot.due_at for slot in reversed(_chain_back(minutes, spacing))][-number:]
    instants = [slot.due_at for slot in minutes]
    found: list[Slot] = []
    for place in range(number):
        ideal = instants[place * (len(minutes) - 1) // max(number - 1, 1)]
        earliest = max(ideal, found[-1].due_at + spacing) if found else ideal
        index = bisect_left(instants, earliest)
        if index == len(instants) or instants[index] > latest[place]:
            index = bisect_left(instants, latest[place])
        found.append(minutes[index])
    return found


def _chain_back(minutes: Sequence[Slot], spacing: timedelta) -> list[Slot]:
    """As many slots as fit, each as late as can be, the last one first."""
    kept: list[Slot] = []
    for slot in reversed(minutes):
        if not kept or kept[-1].due_at - slot.due_at >= spacing:
            kept.append(slot)
    return kept


def _no_room(room: _Room, number: int, fit: int, *, under_way: bool) -> Problem:
    posts = "1 contribution has" if number == 1 else f"{number} contributions have"
    days = say_day(room.days[0]) if len(room.days) == 1 else f"{say_day(room.days[0])} to {say_day(room.days[-1])}"
    rest = "what is left of " if under_way else ""
    return Problem(
        what=f"{posts} no time yet, but {rest}{days} has room for {fit} more, {say_duration(room.spacing)} apart.",
        where="config.toml, [posting]",
        remedy="Set a shorter spacing or a longer window, or turn some down: campaign-bot contributions turn-down CODE",
    )
