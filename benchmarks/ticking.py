"""A runner's ticks, measured inside one process: ``python -m benchmarks.ticking NAME NUMBER FOLDER`` prints JSON."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as hour
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks.workloads import large
from bot.bootstrap import Shop, begin_practice, open_shop
from bot.clock import VirtualClock
from bot.config_reading import read_config
from bot.core.bot import Bot
from bot.core.delivering import Deliverer
from bot.core.running import Runner, Watchful
from bot.core.vigil import Vigil
from bot.model import Approval
from bot.publishers.dry_run import DryRunPublisher
from bot.storage import Storage

_SECOND = timedelta(seconds=1)
_SETTLED = 2_000
"""Ticks after which caches are full and memory is what it is."""


def prepare(folder: Path, number: int) -> dict[str, Any]:
    """A campaign of so many people, signed off, and practice begun; its first slot is weeks away."""
    bot, _ = large(folder, number)
    _sign(bot)
    bot.record.storage.close()
    shop = open_shop(read_config(folder, environ={}), actor="Ann Example")
    fresh = begin_practice(shop)
    fresh.bot.record_start()
    number = len(fresh.bot.posts())
    fresh.close()
    return {"posts": number}


def _sign(bot: Bot) -> None:
    """Straight into storage: what the checks say of thousands of posts is measured elsewhere."""
    record, now = bot.record.planned(), bot.record.clock.now()
    approvals = {
        post.post_id: Approval(by="Ann Example", at=now, digest=post.digest, plan_code=record.plan_code)
        for post in bot.posts()
    }
    entry = bot.record.entry("approve")
    assert bot.record.storage.plans.approve(record.campaign_id, approvals, seen=record.plan_code, entry=entry)


def tick(folder: Path, number: int) -> dict[str, Any]:
    """Ticks before the first slot, a second apart, every write on the disk."""
    times = []
    with _practice(folder, durable=True) as (shop, clock):
        runner = _runner(shop, clock)
        for _ in range(number):
            began = time.perf_counter()
            beat = runner.tick()
            times.append(time.perf_counter() - began)
            clock.advance(_SECOND)
            assert beat.next_at is not None
            assert not beat.finished
    return {"p50": median(times), "p99": quantiles(times, n=100)[-1]}


def day(folder: Path, number: int) -> dict[str, Any]:
    """So many ticks with the vigil that listens to them, on a clock that goes a second at a time."""
    began = time.perf_counter()
    with _practice(folder, durable=False) as (shop, clock):
        vigil = Vigil(bot=shop.bot, clock=clock, tell=lambda _alert: None, ping=lambda: None, daily=hour(9))
        vigil.begin()
        watchful = Watchful(runner=_runner(shop, clock), alarm=vigil.alarm)
        settled = 0
        for place in range(number):
            if place == min(_SETTLED, number // 2):
                settled = _resident()
            vigil.beat(watchful.beat())
            clock.advance(_SECOND)
        memory = _resident()
    return {"growth": memory - settled, "memory": memory, "seconds": time.perf_counter() - began}


@contextmanager
def _practice(folder: Path, *, durable: bool) -> Iterator[tuple[Shop, VirtualClock]]:
    """The practice that ``prepare`` has begun, an hour before its first slot: then a day has posts in it."""
    shop = open_shop(read_config(folder, environ={}), actor="Ann Example")
    first = min(post.slot.due_at for post in shop.bot.posts())
    clock = VirtualClock(first - timedelta(hours=1))
    storage = Storage(f"sqlite:///{folder / 'practice.db'}", durable=durable, now=clock.now)
    stage = replace(shop.bot.stage, storage=storage, clock=clock)
    try:
        yield replace(shop, bot=replace(shop.bot, stage=stage), clock=clock), clock
    finally:
        storage.close()
        shop.close()


def _runner(shop: Shop, clock: VirtualClock) -> Runner:
    bot = shop.bot
    publisher = DryRunPublisher(clock, bot.config.account.handle)
    runner = Runner(
        deliverer=Deliverer(
            storage=bot.stage.storage,
            publisher_for=lambda _account: publisher,
            clock=clock,
            runner_id=f"measured {datetime.now(UTC).isoformat()}",
            mode=bot.mode,
            report=lambda _event: None,
            sender_gone=lambda _runner: True,
        )
    )
    runner.begin(host="here", pid=os.getpid())
    return runner


def _resident() -> int:
    """Bytes; the second field of /proc/self/statm counts pages."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


WORKLOADS: dict[str, Callable[[Path, int], dict[str, Any]]] = {"prepare": prepare, "tick": tick, "day": day}


def main() -> None:
    """``NAME NUMBER FOLDER``."""
    name, number, folder = sys.argv[1:]
    print(json.dumps(WORKLOADS[name](Path(folder), int(number))))


if __name__ == "__main__":
    main()
