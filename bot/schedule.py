"""Days, posting hours and a zone -> slots. Pure: nothing here reads a clock or a file.

Slots are local wall-clock times. A time that the clocks skip in spring is left out of a window and refused where a
person wrote it down; a time that comes twice in autumn is its first occurrence only, so that it fires once (the
``fold`` of https://peps.python.org/pep-0495/). Spacing is always measured between instants, never on the wall.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.days import days_between, is_weekend, say_local, say_time
from bot.errors import PlanError, Problem
from bot.model import SeriesKind, Slot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date, timedelta

    from bot.config import Config, Posting


def resolve_local(local: datetime, zone: str) -> Slot:
    """The slot of a local time. Raises ``PlanError`` when the clocks skip that time."""
    slot = _slot_if_it_exists(local, ZoneInfo(zone))
    if slot is None:
        later = local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).astimezone(ZoneInfo(zone))
        choice = say_time(later) if later.date() == local.date() else say_local(later)
        raise PlanError(
            Problem(
                what=f"{say_local(local)} does not exist in {zone}: the clocks go forward.",
                where="config.toml",
                remedy=f"Choose {choice}.",
            )
        )
    return slot


def day_slots(day: date, posting: Posting, zone: str) -> tuple[Slot, ...]:
    """The slots of one day, in order and never closer than the spacing; none on a weekend that is not wanted.

    A window includes both its ends. Raises ``PlanError`` when the clocks skip a listed time.
    """
    if is_weekend(day) and not posting.weekends:
        return ()
    for moment in posting.times:
        resolve_local(datetime.combine(day, moment), zone)
    return _spaced(_existing(day, posting, ZoneInfo(zone)), posting.spacing)


def slots_by_day(days: Sequence[date], posting: Posting, zone: str) -> tuple[tuple[Slot, ...], ...]:
    """The slots of several days in order; the spacing also holds from one day to the next.

    Raises ``PlanError`` when the clocks skip a listed time.
    """
    found: list[tuple[Slot, ...]] = []
    last: datetime | None = None
    for day in days:
        slots = tuple(
            slot for slot in day_slots(day, posting, zone) if last is None or slot.due_at - last >= posting.spacing
        )
        last = slots[-1].due_at if slots else last
        found.append(slots)
    return tuple(found)


def too_close(instant: datetime, taken: Sequence[datetime], spacing: timedelta) -> bool:
    """Whether an instant is closer than the spacing to any of the taken ones, which are sorted."""
    index = bisect_left(taken, instant)
    return any(abs(neighbour - instant) < spacing for neighbour in taken[max(0, index - 1) : index + 1])


def next_free_slot(
    slots_in_use: Iterable[datetime], config: Config, now: datetime, *, winner_at: datetime | None = None
) -> Slot | None:
    """The first slot of the campaign after ``now`` that keeps the spacing to every instant in use, else None.

    Nothing is offered after the winner thread: ``winner_at`` is its instant where it differs from the config's.
    """
    taken = sorted(slots_in_use)
    end = winner_at or winner_instant(config)
    spacing = config.posting.spacing
    for slot in _slots_from(config, now):
        if end is not None and slot.due_at + spacing > end:
            return None
        if slot.due_at > now and not too_close(slot.due_at, taken, spacing):
            return slot
    return None


def winner_instant(config: Config) -> datetime | None:
    """When the config wants the winner thread, if it has one. Raises ``PlanError`` when the clocks skip that time."""
    for series in config.series:
        if series.kind is SeriesKind.WINNER and series.at is not None:
            return resolve_local(series.at, config.zone).due_at
    return None


def _slots_from(config: Config, now: datetime) -> Iterator[Slot]:
    zone = ZoneInfo(config.zone)
    first = max(config.first_day, now.astimezone(zone).date())
    for day in days_between(first, config.last_day):
        if config.posting.weekends or not is_weekend(day):
            yield from _spaced(_existing(day, config.posting, zone), config.posting.spacing)


def _slot_if_it_exists(local: datetime, zone: ZoneInfo) -> Slot | None:
    due_at = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    exists = due_at.astimezone(zone).replace(tzinfo=None, fold=0) == local
    return Slot(local=local, due_at=due_at) if exists else None


def _existing(day: date, posting: Posting, zone: ZoneInfo) -> Iterator[Slot]:
    for moment in _wall_times(day, posting):
        slot = _slot_if_it_exists(moment, zone)
        if slot is not None:
            yield slot


def _wall_times(day: date, posting: Posting) -> Iterator[datetime]:
    if posting.window is None:
        yield from (datetime.combine(day, moment) for moment in sorted(posting.times))
        return
    moment = datetime.combine(day, posting.window[0])
    end = datetime.combine(day, posting.window[1])
    while moment <= end:
        yield moment
        moment += posting.spacing


def _spaced(slots: Iterable[Slot], spacing: timedelta) -> tuple[Slot, ...]:
    kept: list[Slot] = []
    for slot in slots:
        if not kept or slot.due_at - kept[-1].due_at >= spacing:
            kept.append(slot)
    return tuple(kept)
