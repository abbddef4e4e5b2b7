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
from apscheduler.triggers.interval import IntervalTrigger

_SECOND = timedelta(seconds=1)


def keep_beating(beat: Callable[[], bool], stop: threading.Event) -> bool:
    """Call ``beat`` on every whole second until it says that it is done, or ``stop`` is set.

    Slots lie on whole seconds, so a post begins within milliseconds of its slot and never before. A beat that takes
    longer than a second is never doubled, and the seconds it took are not made up for. Returns whether the end came
    by itself. A running beat ends first: a call that has begun gets its result recorded.
    """
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    ended_itself = threading.Event()

    def once() -> None:
        if stop.is_set():
            return
        if beat():
            ended_itself.set()
            stop.set()

    scheduler = BackgroundScheduler(timezone=UTC, executors={"default": ThreadPoolExecutor(1)})
    start = datetime.now(UTC).replace(microsecond=0) + _SECOND
    scheduler.add_job(
        once,
        IntervalTrigger(seconds=1, start_date=start, timezone=UTC),
        max_instances=1,
        coalesce=True,
        misfire_grace_time=None,
    )
    scheduler.start()
    while not stop.wait(timeout=1.0):
        pass
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
