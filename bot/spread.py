"""Where the posts of several series go among the free slots of several days. Pure, and blind to what posts are about.

Three steps: how many posts of each run each day takes (evenly, the fullest days first; a series that finds its days
full may push others to theirs), where the runs are cut so that ties share a day, and which slots of a day are used.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections import deque
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise, zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.model import Slot


@dataclass(frozen=True, kw_only=True)
class Run:
    """Posts that keep their order in time.

    ``ties`` are the sizes of its groups (1 for a post alone). ``days`` are the indices of the days it may use, rising;
    ``held`` counts the posts of the same series that hold a slot on a day already. The run belongs between its
    neighbours, at the instants ``after`` and ``before``, where it has any.
    """

    ties: tuple[int, ...]
    days: tuple[int, ...]
    held: Mapping[int, int]
    after: datetime | None = None
    before: datetime | None = None

    @property
    def size(self) -> int:
        """How many posts it has."""
        return sum(self.ties)


@dataclass(frozen=True, kw_only=True)
class Spread:
    """The slots of each run, in its order. ``in_order`` is false where ``after`` or ``before`` could not be kept."""

    slots: tuple[tuple[Slot, ...], ...]
    in_order: bool = True


@dataclass(frozen=True, kw_only=True)
class Shortage:
    """These runs cannot have their posts on these days, whatever is moved: there are too few free slots."""

    runs: tuple[int, ...]
    days: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class _Group:
    """A tie (or a post alone) on its day: first and last place it may start at, and where it would like to be."""

    run: int
    size: int
    low: int
    high: int
    ideal: float


def spread(days: Sequence[Sequence[Slot]], runs: Sequence[Run]) -> Spread | Shortage:
    """Give every post of every run a slot of its own. ``days`` holds the free slots of each day, in order."""
    rooms = _Rooms(days)
    shares = _shares(runs, rooms)
    if isinstance(shares, Shortage):
        return shares
    groups: list[list[_Group]] = [[] for _ in days]
    for number, run in enumerate(runs):
        for day, sizes in _cut(run, shares[number], rooms).items():
            groups[day].extend(_groups(number, sizes, rooms.window(run, day)))
    return _placed(days, groups, runs=len(runs))


class _Rooms:
    """The free slots of the days while they are being shared out."""

    def __init__(self, days: Sequence[Sequence[Slot]]) -> None:
        self._instants = [[slot.due_at for slot in day] for day in days]
        self.left = [len(day) for day in days]

    def window(self, run: Run, day: int) -> tuple[int, int]:
        """The part of a day's free slots that lies between a run's neighbours, as a half-open range."""
        instants = self._instants[day]
        low = bisect_right(instants, run.after) if run.after else 0
        high = bisect_left(instants, run.before) if run.before else len(instants)
        return low, max(low, high)

    def room(self, run: Run, day: int, already: int = 0) -> int:
        """How many more posts of a run a day can take when it has ``already`` some."""
        low, high = self.window(run, day)
        return min(self.left[day], high - low - already)


def _shares(runs: Sequence[Run], rooms: _Rooms) -> list[dict[int, int]] | Shortage:
    """Posts per day of each run, those with the fewest days first; posts of other runs make room where they can.

    Runs with neighbours make no room for each other: they are planned again without these, which is simpler.
    """
    shares: list[dict[int, int]] = [{} for _ in runs]
    rigid = any(run.after or run.before for run in runs)
    for number in _most_bound_first(runs):
        shares[number] = _level(runs[number], rooms)
        missing = runs[number].size - sum(shares[number].values())
        while missing:
            made = (
                Shortage(runs=(number,), days=runs[number].days)
                if rigid
                else _make_room(number, missing, runs, shares, rooms)
            )
            if isinstance(made, Shortage):
                return made
            missing -= made
    return shares


def _most_bound_first(runs: Sequence[Run]) -> list[int]:
    return sorted(range(len(runs)), key=lambda number: (len(runs[number].days), number))


def _level(run: Run, rooms: _Rooms) -> dict[int, int]:
    """Pour a run over its days: each post goes to the day with the fewest of its series, the earliest of these."""
    share: dict[int, int] = {}
    limits = {day: rooms.room(run, day) for day in run.days}
    heap = [(run.held.get(day, 0), day) for day in run.days if limits[day]]
    heapq.heapify(heap)
    for _ in range(run.size):
        if not heap:
            break
        count, day = heap[0]
        share[day] = share.get(day, 0) + 1
        rooms.left[day] -= 1
        if share[day] < limits[day]:
            heapq.heapreplace(heap, (count + 1, day))
        else:
            heapq.heappop(heap)
    return share


def _make_room(
    number: int, missing: int, runs: Sequence[Run], shares: list[dict[int, int]], rooms: _Rooms
) -> int | Shortage:
    """Find room for a run on a full day by moving others to a day that is not (a breadth-first augmenting path)."""
    came_from: dict[int, int] = {}  # day -> the run that would move there
    moved_off: dict[int, int] = {number: -1}  # run -> the day that it would leave
    waiting = deque([number])
    while waiting:
        run = waiting.popleft()
        for day in runs[run].days:
            if day in came_from:
                continue
            came_from[day] = run
            if rooms.left[day]:
                return _push(day, missing, came_from, moved_off, shares, rooms)
            for other, share in enumerate(shares):
                if other not in moved_off and share.get(day):
                    moved_off[other] = day
                    waiting.append(other)
    return Shortage(runs=tuple(sorted(moved_off)), days=tuple(sorted(came_from)))


def _push(
    day: int,
    missing: int,
    came_from: dict[int, int],
    moved_off: dict[int, int],
    shares: list[dict[int, int]],
    rooms: _Rooms,
) -> int:
    """Move as many posts as possible along the path that ends at a day with room."""
    steps: list[tuple[int, int, int]] = []  # run, the day it leaves (-1: none yet), the day it goes to
    target = day
    while target != -1:
        run = came_from[target]
        steps.append((run, moved_off[run], target))
        target = moved_off[run]
    amount = min(missing, rooms.left[day], *(shares[run][off] for run, off, _ in steps if off != -1))
    rooms.left[day] -= amount
    for run, off, to in steps:
        shares[run][to] = shares[run].get(to, 0) + amount
        if off != -1:
            shares[run][off] -= amount
    return amount


def _cut(run: Run, share: dict[int, int], rooms: _Rooms) -> dict[int, list[int]]:
    """Which groups of a run each of its days gets. A cut moves to the edge of a tie where the days have room."""
    edges = list(accumulate(run.ties, initial=0))
    days = sorted(day for day, count in share.items() if count)
    pieces: dict[int, list[int]] = {}
    start = 0
    for day, following in zip_longest(days, days[1:]):
        cut = target = start + share[day]
        if following is not None:
            room, next_room = rooms.room(run, day, share[day]), rooms.room(run, following, share[following])
            cut = min(
                (
                    edge
                    for edge in (_edge_before(edges, target), _edge_after(edges, target))
                    if start <= edge and target - edge <= next_room and edge - target <= min(room, share[following])
                ),
                key=lambda edge: (edge - start) ** 2 + (share[following] + target - edge) ** 2,
                default=target,
            )
            share[following] += target - cut
            rooms.left[following] -= target - cut
            rooms.left[day] += target - cut
        pieces[day] = _sizes(edges, start, cut)
        start = cut
    return pieces


def _edge_before(edges: list[int], position: int) -> int:
    return edges[bisect_right(edges, position) - 1]


def _edge_after(edges: list[int], position: int) -> int:
    return edges[bisect_left(edges, position)]


def _sizes(edges: list[int], start: int, end: int) -> list[int]:
    """The sizes of the groups between two positions; a group that is cut through counts with its part."""
    inner = edges[bisect_right(edges, start) : bisect_left(edges, end)]
    return [right - left for left, right in pairwise([start, *inner, end]) if right > left]


def _groups(run: int, sizes: Sequence[int], window: tuple[int, int]) -> list[_Group]:
    """A run's groups on one day, wished for at even fractions of the window."""
    low, high = window
    total = sum(sizes)
    return [
        _Group(run=run, size=size, low=low, high=high, ideal=low + (end - size / 2) / total * (high - low))
        for size, end in zip(sizes, accumulate(sizes), strict=True)
    ]


def _placed(days: Sequence[Sequence[Slot]], groups: Sequence[Sequence[_Group]], *, runs: int) -> Spread:
    in_order = True
    found: list[list[Slot]] = [[] for _ in range(runs)]
    for day, crowd in zip(days, groups, strict=True):
        ordered = sorted(crowd, key=lambda group: (group.ideal, group.run))
        starts = _starts(ordered, len(day))
        if starts is None:
            in_order = False
            free = [replace(group, low=0, high=len(day)) for group in ordered]
            starts = _starts(free, len(day)) or []
        for group, start in zip(ordered, starts, strict=True):
            found[group.run].extend(day[start : start + group.size])
    return Spread(slots=tuple(tuple(slots) for slots in found), in_order=in_order)


def _starts(groups: Sequence[_Group], room: int) -> list[int] | None:
    """Where each group starts among a day's free slots: even gaps, ties in neighbouring slots.

    None when the windows of the groups leave no such places in this order.
    """
    latest: list[int] = []
    end = room
    for group in reversed(groups):
        end = min(end, group.high) - group.size
        latest.append(end)
    latest.reverse()
    slack = room - sum(group.size for group in groups)
    starts: list[int] = []
    taken = end = 0
    for number, group in enumerate(groups):
        earliest = max(end, group.low)
        if earliest > latest[number]:
            return None
        even = taken + number * slack // len(groups)
        starts.append(min(max(even, earliest), latest[number]))
        end = starts[-1] + group.size
        taken += group.size
    return starts
