"""APScheduler: only the heartbeat. What is due stands in the database; this merely asks once a second."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import FrameType

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from bot.clock import Clock, SystemClock

_SECOND = timedelta(seconds=1)
_TOO_FAR = 2 * _SECOND


class WholeSeconds(BaseTrigger):  # type: ignore[misc]  # the library has no types
    """The next whole second after now, whatever the last one was.

    An interval would list every second that a jump of the clock has skipped: for seventy years that is all the memory
    there is (https://github.com/agronholm/apscheduler/issues/1066).
    """

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:  # noqa: ARG002  # given
        return now.replace(microsecond=0) + _SECOND


def went_back(next_at: datetime, now: datetime) -> bool:
    """The clock was set back: waiting for what was the next second would be waiting for as long as that."""
    return next_at - now > _TOO_FAR


def keep_beating(beat: Callable[[], bool], stop: threading.Event, clock: Clock | None = None) -> bool:
    """Call ``beat`` on every whole second until it says that it is done, or ``stop`` is set.

    Slots lie on whole seconds, so a post begins within milliseconds of its slot and never before. A beat that takes
    longer than a second is never doubled, and the seconds it took are not made up for. Nor does a clock that jumps,
    either way, stop the beat for more than two seconds. Returns whether the end came by itself. A running beat ends
    first: a call that has begun gets its result recorded.
    """
    clock = clock or SystemClock()
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    ended_itself = threading.Event()

    def once() -> None:
        if stop.is_set():
            return
        if beat():
            ended_itself.set()
            stop.set()

    scheduler = BackgroundScheduler(timezone=UTC, executors={"default": ThreadPoolExecutor(1)})
    trigger = WholeSeconds()
    job = scheduler.add_job(once, trigger, max_instances=1, coalesce=True, misfire_grace_time=None)
    scheduler.start()
    while not stop.wait(timeout=1.0):
        now = clock.now()
        if went_back(job.next_run_time, now):
            job.modify(next_run_time=trigger.get_next_fire_time(None, now))
    scheduler.shutdown(wait=True)
    return ended_itself.is_set()


@contextmanager
def stopping_on_signals() -> Iterator[threading.Event]:
    """SIGINT and SIGTERM set the event that this gives. To be held for as long as a runner is one: from before it
    announces itself until it has said that it ended. In a thread that is not the main one (tests) they are left alone.
    """
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def handle(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
