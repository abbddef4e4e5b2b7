"""A courier for one channel: whoever hands something over goes on at once, and a thread of its own delivers it."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from bot.alerts.channels import NotDeliveredError

T = TypeVar("T")
_log = logging.getLogger(__name__)

WAITS = (5.0, 20.0, 60.0)
"""Seconds between one try and the next."""

ROOM = 100
"""More than this never waits at once: what comes on top is dropped, and that is said."""


class Courier(Generic[T]):
    """Delivers in order, tries again, and complains once until it works again. ``name`` is what people call the channel."""

    def __init__(
        self, name: str, deliver: Callable[[T], None], *, waits: tuple[float, ...] = WAITS, room: int = ROOM
    ) -> None:
        self._name = name
        self._deliver = deliver
        self._waits = waits
        self._queue: queue.Queue[tuple[T] | None] = queue.Queue(maxsize=room)
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._complained = False

    def send(self, item: T) -> None:
        """Hand something over. Never waits and never raises."""
        try:
            self._queue.put_nowait((item,))
        except queue.Full:
            self._complain("too much is waiting already.")
            return
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._work, name=f"courier {self._name}", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """From now on do not wait between tries, and end when all is delivered or was tried often enough."""
        self._closing.set()
        try:
            self._queue.put_nowait(None)
        except queue.Full:
            return  # the thread looks at the flag after what is waiting

    def join(self, seconds: float) -> bool:
        """Wait for the end of what was handed over, at most so long; whether it came. To be called after ``close``."""
        if self._thread is not None:
            self._thread.join(timeout=max(0.0, seconds))
        return self._thread is None or not self._thread.is_alive()

    def _work(self) -> None:
        while not (self._closing.is_set() and self._queue.empty()):
            entry = self._queue.get()
            if entry is not None:
                self._try_hard(entry[0])

    def _try_hard(self, item: T) -> None:
        for wait in (*self._waits, None):
            try:
                self._deliver(item)
            except NotDeliveredError as error:
                self._complain(str(error))
                if wait is not None:
                    self._closing.wait(wait)
            else:
                self._complained = False
                return

    def _complain(self, why: str) -> None:
        if not self._complained:
            self._complained = True
            _log.warning("Nobody can be told by %s: %s", self._name, why)
