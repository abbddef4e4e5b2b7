"""The one clock, injected at the composition root: real, or virtual so that a week runs in seconds."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Wall clock (aware, UTC), monotonic seconds, and waiting."""

    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...
    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds))


JUMP = timedelta(seconds=60)
"""Wall clock and monotonic clock part by more than this only when somebody sets the clock, or the computer sleeps."""


class JumpWatch:
    """Notices, from one look to the next, that the wall clock has jumped."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wall, self._ticks = clock.now(), clock.monotonic()

    def look(self) -> timedelta | None:
        """How far it has jumped since the last look; None when it has not, or by less than a minute."""
        wall, ticks = self._clock.now(), self._clock.monotonic()
        jumped = (wall - self._wall) - timedelta(seconds=ticks - self._ticks)
        self._wall, self._ticks = wall, ticks
        return jumped if abs(jumped) > JUMP else None


class VirtualClock:
    """A clock that stands still until it is told to move; sleeping moves it."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)
        self._monotonic = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def sleep(self, seconds: float) -> None:
        self.advance(timedelta(seconds=max(0.0, seconds)))

    def advance(self, by: timedelta) -> None:
        """Move both faces of the clock forward."""
        self._now += by
        self._monotonic += by.total_seconds()

    def jump(self, by: timedelta) -> None:
        """Move the wall clock alone, either way: somebody sets it, or the computer has slept (while it sleeps, the
        monotonic clock of Linux stands still, https://man7.org/linux/man-pages/man2/clock_gettime.2.html)."""
        self._now += by

    def advance_to(self, instant: datetime) -> None:
        """Move to an instant; one that has passed already changes nothing."""
        self.advance(max(timedelta(0), instant - self._now))
