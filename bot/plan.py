"""Campaign and ranking -> which posts there are, and the one slot of each. Pure: ``now`` is given.

A series keeps its order in time, is spread evenly over its days, and shares each day with the other series. Posts in
``pinned`` keep their slots and codes, and the new ones of their series go between them. The organisations' order is
alphabetical: the ranking's own order would give the winner away.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby, pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.errors import PlanError
from bot.model import PostKey, SeriesKind
from bot.plan_day import place_day
from bot.plan_messages import (
    DayRoom,
    after_the_winner,
    no_room,
    notes_on,
    passed_note,
    week_is_over,
    what_is_missing,
    winner_has_passed,
    winner_is_crowded,
)
from bot.schedule import resolve_local, slots_by_day, too_close
from bot.series import AT_A_TIME, Wanted, code_digits, post_code, wanted_posts
from bot.spread import Run, Shortage, spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime

    from bot.config import Config, Series
    from bot.errors import Problem
    from bot.model import Ranking, Slot

# Spacings that a person would choose, to suggest one when there are too few slots.
_NICE_SPACINGS = tuple(timedelta(seconds=n) for n in (3600, 2700, 1800, 1200, 900, 600, 300, 120, 60, 30, 10, 5, 2, 1))


@dataclass(frozen=True, kw_only=True)
class Pinned:
    """A post that keeps its slot and its code: approved, posted, skipped, or moved by hand."""

    key: PostKey
    code: str
    slot: Slot


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """One post of the plan. ``subject_id`` is a worker's or organisation's id, or "winner"."""

    key: PostKey
    kind: SeriesKind
    code: str
    slot: Slot
    subject_id: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Every post in the order of its slot, and what the coordinator should know about how they were placed."""

    assignments: tuple[Assignment, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Line:
    """One series with its posts in order."""

    series: Series
    wanted: tuple[Wanted, ...]
    keys: tuple[PostKey, ...]


@dataclass(frozen=True, kw_only=True)
class _Calendar:
    """Which slots are free: after ``now``, before ``end``, and the spacing away from everything in ``taken``."""

    config: Config
    days: tuple[date, ...]
    taken: tuple[datetime, ...]
    now: datetime
    end: datetime | None

    def slots(self, spacing: timedelta | None = None) -> tuple[tuple[Slot, ...], ...]:
        """All slots of each day, or what they would be with another spacing."""
        posting = self.config.posting
        return slots_by_day(self.days, replace(posting, spacing=spacing or posting.spacing), self.config.zone)

    def free(self, slots: Sequence[Slot], spacing: timedelta | None = None) -> tuple[Slot, ...]:
        """Those of the slots that can still be used."""
        return tuple(
            slot
            for slot in slots
            if slot.due_at > self.now
            and (self.end is None or slot.due_at < self.end)
            and not too_close(slot.due_at, self.taken, spacing or self.config.posting.spacing)
        )

    def has_future(self, days: Sequence[int]) -> bool:
        """Whether any slot of these days, free or not, is still to come before the winner thread."""
        ends = [slots[-1].due_at for day, slots in enumerate(self.slots()) if slots and day in days]
        return any(end > self.now for end in ends) and (self.end is None or self.end > self.now)

    def unused(self, slots: Sequence[Slot]) -> int:
        """How many of the slots have gone by without a post."""
        spacing = self.config.posting.spacing
        return sum(1 for slot in slots if slot.due_at <= self.now and not too_close(slot.due_at, self.taken, spacing))


def assign(
    config: Config,
    ranking: Ranking,
    *,
    account_id: int,
    pinned: tuple[Pinned, ...] = (),
    now: datetime,
    busy: tuple[datetime, ...] = (),
) -> Plan:
    """Give every post one slot after ``now``; posts in ``pinned`` keep theirs, wherever it is.

    ``busy`` are instants at which the account posts for another campaign. Raises ``PlanError`` with what to change.
    """
    if problems := what_is_missing(config, ranking):
        raise PlanError(*problems)
    lines = tuple(_line(series, ranking, account_id) for series in config.series)
    held = {pin.key: pin for pin in pinned}
    slots = {key: held[key].slot for line in lines for key in line.keys if key in held}
    notes = notes_on(config, ranking)
    if len(slots) < sum(len(line.keys) for line in lines):
        today = now.astimezone(ZoneInfo(config.zone)).date()
        if today > config.last_day:
            raise PlanError(week_is_over(config, today))
        taken = {pin.slot.due_at: pin.code for pin in pinned} | dict.fromkeys(busy, "a post of another campaign")
        slots |= _timed_slots(config, lines, held, taken, now)
        slots |= _day_slots(config, ranking, lines, slots, taken, now)
        added, remarks = _place(config, lines, slots, [*taken], now)
        slots |= added
        notes += remarks
    return Plan(assignments=_assignments(lines, ranking, held, slots), notes=tuple(notes))


def _line(series: Series, ranking: Ranking, account_id: int) -> _Line:
    wanted = wanted_posts(series, ranking)
    keys = tuple(PostKey(series=series.code, subject_id=post.subject_id, account_id=account_id) for post in wanted)
    return _Line(series=series, wanted=wanted, keys=keys)


def _timed_slots(
    config: Config, lines: Sequence[_Line], held: Mapping[PostKey, Pinned], taken: Mapping[datetime, str], now: datetime
) -> dict[PostKey, Slot]:
    """The slot of a winner thread, an opening and a closing that have none yet."""
    found: dict[PostKey, Slot] = {}
    for line in lines:
        series = line.series
        if series.kind not in AT_A_TIME or series.at is None or line.keys[0] in held:
            continue
        slot = resolve_local(series.at, config.zone)
        if slot.due_at <= now:
            raise PlanError(winner_has_passed(series))
        for instant, neighbour in taken.items():
            if abs(instant - slot.due_at) < config.posting.spacing:
                raise PlanError(winner_is_crowded(series, config.posting.spacing, neighbour))
        found[line.keys[0]] = slot
    return found


def _day_slots(
    config: Config,
    ranking: Ranking,
    lines: Sequence[_Line],
    slots: Mapping[PostKey, Slot],
    taken: Mapping[datetime, str],
    now: datetime,
) -> dict[PostKey, Slot]:
    """Slots for the contributions that have none. Raises PlanError."""
    by_id = {one.contribution_id: one for one in ranking.contributions}
    timed = {line.series.kind: slots[line.keys[0]].due_at for line in lines if line.series.kind in AT_A_TIME}
    names = {**taken, **{instant: f"the {kind.value}" for kind, instant in timed.items()}}
    found: dict[PostKey, Slot] = {}
    for line in lines:
        if line.series.kind is SeriesKind.CONTRIBUTIONS:
            wanted = {key: by_id[key.subject_id] for key in line.keys if key not in slots}
            between = (timed.get(SeriesKind.OPENING), timed.get(SeriesKind.CLOSING))
            found |= place_day(config, line.series, wanted, taken=names, between=between, now=now)
    return found


def _place(
    config: Config, lines: Sequence[_Line], slots: Mapping[PostKey, Slot], taken: Sequence[datetime], now: datetime
) -> tuple[dict[PostKey, Slot], list[str]]:
    """Slots for the posts that have none, and notes on how that went."""
    threads = [slots[line.keys[0]].due_at for line in lines if line.series.kind is SeriesKind.WINNER]
    listed = [line for line in lines if line.series.kind is not SeriesKind.CONTRIBUTIONS]
    calendar = _Calendar(
        config=config,
        days=tuple(sorted({day for line in listed for day in line.series.days})),
        taken=tuple(sorted({*taken, *(slot.due_at for slot in slots.values())})),
        now=now,
        end=min(threads, default=None),
    )
    all_slots = calendar.slots()
    free = tuple(calendar.free(day) for day in all_slots)
    batches = [batch for line in lines for batch in _batches(line, slots, calendar.days)]
    result = spread(free, [batch.run for batch in batches])
    in_order = not isinstance(result, Shortage) and result.in_order
    if isinstance(result, Shortage):
        batches = [batch for line in lines for batch in _batches(line, slots, calendar.days, between=False)]
        result = spread(free, [batch.run for batch in batches])
    if isinstance(result, Shortage):
        raise PlanError(_shortage(calendar, batches, result))
    passed = {day: calendar.unused(slots) for day, slots in zip(calendar.days, all_slots, strict=True)}
    notes = passed_note(passed, now.astimezone(ZoneInfo(config.zone)).date())
    if not in_order:
        notes.append("Posts that keep their slots leave too little room, so some posts stand outside their order.")
    placed = zip(batches, result.slots, strict=True)
    return {key: slot for batch, mine in placed for key, slot in zip(batch.keys, mine, strict=True)}, notes


@dataclass(frozen=True, kw_only=True)
class _Batch:
    """Posts of one series without a slot that stand between two that have one."""

    series: Series
    keys: tuple[PostKey, ...]
    run: Run


def _batches(
    line: _Line, slots: Mapping[PostKey, Slot], days: Sequence[date], *, between: bool = True
) -> Iterator[_Batch]:
    """Split a series at the posts that keep their slots; those that were moved out of order are no mark.

    Without ``between`` the new posts are one batch, whatever keeps its slot.
    """
    if line.series.kind in AT_A_TIME or line.series.kind is SeriesKind.CONTRIBUTIONS:
        return
    position = {day: index for index, day in enumerate(days)}
    mine = sorted({position[day] for day in line.series.days})
    held = Counter(
        position[slots[key].local.date()] for key in line.keys if key in slots and slots[key].local.date() in position
    )
    placed = [index for index, key in enumerate(line.keys) if key in slots]
    marks = _rising([slots[line.keys[index]].due_at for index in placed])
    anchors = [placed[mark] for mark in marks] if between else []
    for low, high in pairwise([-1, *anchors, len(line.keys)]):
        open_posts = [index for index in range(low + 1, high) if line.keys[index] not in slots]
        if not open_posts:
            continue
        after = slots[line.keys[low]] if low >= 0 else None
        before = slots[line.keys[high]] if high < len(line.keys) else None
        yield _Batch(
            series=line.series,
            keys=tuple(line.keys[index] for index in open_posts),
            run=Run(
                ties=_ties([line.wanted[index] for index in open_posts]),
                days=_between(mine, days, after, before),
                held=held,
                after=after.due_at if after else None,
                before=before.due_at if before else None,
            ),
        )


def _ties(posts: Sequence[Wanted]) -> tuple[int, ...]:
    """How many posts stand in each group of equals."""
    grouped = groupby(posts, key=lambda post: (post.number, post.tie > 0))
    return tuple(sum(1 for _ in group) for _, group in grouped)


def _between(mine: list[int], days: Sequence[date], after: Slot | None, before: Slot | None) -> tuple[int, ...]:
    """A series' days from the day of one slot to the day of another."""
    low = bisect_left(mine, after.local.date(), key=lambda index: days[index]) if after else 0
    high = bisect_right(mine, before.local.date(), key=lambda index: days[index]) if before else len(mine)
    return tuple(mine[low:high])


def _rising(instants: Sequence[datetime]) -> list[int]:
    """The positions of a longest strictly rising subsequence (patience sorting, n log n)."""
    tops: list[int] = []
    before: list[int] = []
    for index, instant in enumerate(instants):
        pile = bisect_left(tops, instant, key=lambda top: instants[top])
        before.append(tops[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [index]
    chain: list[int] = []
    index = tops[-1] if tops else -1
    while index >= 0:
        chain.append(index)
        index = before[index]
    return chain[::-1]


def _shortage(calendar: _Calendar, batches: Sequence[_Batch], shortage: Shortage) -> Problem:
    short = set(shortage.days)
    touched = [batch for batch in batches if short.issuperset(batch.run.days)]
    needed = sum(batch.run.size for batch in touched)
    all_slots = calendar.slots()
    rooms = [
        DayRoom(
            day=calendar.days[index],
            slots=len(all_slots[index]),
            free=len(calendar.free(all_slots[index])),
            passed=sum(1 for slot in all_slots[index] if slot.due_at <= calendar.now),
        )
        for index in shortage.days
    ]
    names = list(dict.fromkeys(batch.series.name for batch in touched))
    if calendar.end is not None and calendar.end <= calendar.now:
        return after_the_winner(names, needed)
    return no_room(calendar.config, names, needed, rooms, _spacing_that_does(calendar, shortage.days, needed))


def _spacing_that_does(calendar: _Calendar, days: Sequence[int], needed: int) -> timedelta | None:
    """The widest usual spacing with which a window has enough free slots on these days."""
    posting = calendar.config.posting
    if posting.window is None or not calendar.has_future(days):
        return None
    for spacing in _NICE_SPACINGS:
        if spacing < posting.spacing:
            slots = calendar.slots(spacing)
            if sum(len(calendar.free(slots[day], spacing)) for day in days) >= needed:
                return spacing
    return None


def _assignments(
    lines: Sequence[_Line], ranking: Ranking, held: Mapping[PostKey, Pinned], slots: Mapping[PostKey, Slot]
) -> tuple[Assignment, ...]:
    taken = {pin.code for pin in held.values()}
    found: list[Assignment] = []
    for line in lines:
        digits = code_digits(line.series, ranking)
        for key, post in zip(line.keys, line.wanted, strict=True):
            code = held[key].code if key in held else post_code(line.series, post, digits=digits, taken=taken)
            taken.add(code)
            found.append(
                Assignment(key=key, kind=line.series.kind, code=code, slot=slots[key], subject_id=post.subject_id)
            )
    return tuple(sorted(found, key=lambda assignment: (assignment.slot.due_at, assignment.code)))
