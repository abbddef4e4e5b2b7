"""Clocks that several processes share, so that a runner, its successor and the network agree on the time."""

from __future__ import annotations

import mmap
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.clock import VirtualClock

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_WIDTH = 8


class SharedClock(VirtualClock):
    """A virtual clock that lives in a file. Reading and moving it are no system calls, so no count of them changes."""

    def __init__(self, path: Path, start: datetime | None = None) -> None:
        super().__init__(start or _EPOCH)
        if start is not None:
            path.write_bytes(bytes(_WIDTH))
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), _WIDTH)
        if start is not None:
            self.put(start)

    def put(self, instant: datetime) -> None:
        """Move it anywhere, also back: for the beginning of a new case."""
        self._shared[:] = ((instant - _EPOCH) // _MICROSECOND).to_bytes(_WIDTH, "big")

    def now(self) -> datetime:
        return _EPOCH + int.from_bytes(self._shared[:], "big") * _MICROSECOND

    def monotonic(self) -> float:
        return (self.now() - _EPOCH).total_seconds()

    def advance(self, by: timedelta) -> None:
        self.put(self.now() + by)

    def advance_to(self, instant: datetime) -> None:
        self.put(max(instant, self.now()))


class RacingClock(VirtualClock):
    """The machine's own clock, so many times as fast. All processes of a machine that are given the same start agree."""

    def __init__(self, start: datetime, began: float, speed: float) -> None:
        super().__init__(start)
        self._start, self._began, self._speed = start, began, speed

    def now(self) -> datetime:
        return self._start + timedelta(seconds=(time.monotonic() - self._began) * self._speed)

    def monotonic(self) -> float:
        return time.monotonic() * self._speed

    def advance(self, by: timedelta) -> None:
        """Only time moves it: wait a little."""
        time.sleep(min(0.02, max(0.0, by.total_seconds() / self._speed)))

    def advance_to(self, instant: datetime) -> None:
        self.advance(instant - self.now())
