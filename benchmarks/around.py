"""What stands around the one call: ``python -m benchmarks.around BASE POSTS FOLDER`` prints seconds as JSON.

Three in turn, in rounds: the bot with every commit on the disk, the bot that does not wait for the disk, and a bare
Tweepy loop that keeps no record. Our own cost is the time from the beginning of one call to that of the next, without
the call: the result of the one, the look at what is due, and the intent of the next.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import cast

import requests
import tweepy

from benchmarks.crowd import Crowd, gateway, runner_of, seed
from bot.calls import Outcome, Outgoing
from bot.core.delivering import Deliverer
from bot.model import Account
from bot.publishers import Publisher
from bot.storage import Storage

ROUNDS = 5
_BUILT_IN = "https://api.twitter.com"


@dataclass(kw_only=True)
class Stopwatch:
    """The real publisher, with the beginning and the end of every call written down."""

    inner: Publisher
    calls: list[tuple[float, float]] = field(default_factory=list)

    def publish(self, outgoing: Outgoing) -> Outcome:
        began = time.perf_counter()
        outcome = self.inner.publish(outgoing)
        self.calls.append((began, time.perf_counter()))
        return outcome

    @property
    def between(self) -> list[float]:
        return [later[0] - earlier[1] for earlier, later in zip(self.calls, self.calls[1:], strict=False)]


class _Elsewhere(requests.Session):
    """Sends what is meant for X to another address."""

    base = ""

    def request(self, method: str | bytes, url: str | bytes, *args: object, **kwargs: object) -> requests.Response:
        address = str(url).replace(_BUILT_IN, self.base, 1)
        return super().request(method, address, *args, **kwargs)  # type: ignore[arg-type]  # passed on as they came


def bare_loop(base: str, posts: int) -> float:
    """Seconds for each post."""
    client = tweepy.Client(
        **dict.fromkeys(("consumer_key", "consumer_secret", "access_token", "access_token_secret"), "1-x")
    )
    client.session = _Elsewhere()
    client.session.base = base
    began = time.perf_counter()
    for number in range(posts):
        client.create_tweet(text=f"bare {number}", user_auth=True)
    return (time.perf_counter() - began) / posts


def ours(deliverer: Deliverer, account: Account, watch: Stopwatch, posts: int) -> float:
    """Seconds for each post of one account, all of them due."""
    before = len(watch.calls)
    began = time.perf_counter()
    deliverer.serve(account.account_id)
    assert len(watch.calls) - before == posts
    return (time.perf_counter() - began) / posts


def write_and_sync(path: Path) -> float:
    """Seconds that the disk takes for one page, in the same folder."""
    with path.open("wb", buffering=0) as file:
        began = time.perf_counter()
        file.write(b"\x00" * 4096)
        os.fsync(file.fileno())
        return time.perf_counter() - began


def without_sync(path: Path) -> Callable[[object], None]:
    """The count of calls as it is written, but for the wait."""

    def count(_attempt: object) -> None:
        with path.open("wb", buffering=0) as file:
            file.write(b"0" * 20)

    return count


def main() -> None:
    """One line of JSON; all in seconds."""
    base, posts, folder = sys.argv[1], max(int(sys.argv[2]) // ROUNDS, 3), Path(sys.argv[3])
    disk_url, memory_url = (f"sqlite:///{folder / name}" for name in ("disk.db", "memory.db"))
    crowd = Crowd(accounts=ROUNDS, each=posts, first=datetime.now(UTC).replace(microsecond=0), between=timedelta(0))
    seed(disk_url, crowd)
    seed(memory_url, crowd)
    disk: list[float] = []
    memory: list[float] = []
    bare, synced, whole, calls = [], [], [], []
    with closing(Storage(disk_url)) as durable, closing(Storage(memory_url, durable=False)) as hasty:
        for number in range(ROUNDS):
            for storage, gaps in ((durable, disk), (hasty, memory)):
                account = storage.campaigns.ensure_account("x", f"account{number}")
                watch = Stopwatch(inner=gateway(account, base))
                deliverer = _deliverer(storage, watch, folder)
                if storage is hasty:
                    deliverer = replace(deliverer, count=without_sync(folder / "count"))
                took = ours(deliverer, account, watch, posts)
                if storage is durable:
                    whole.append(took)
                calls += [end - begin for begin, end in watch.calls]
                gaps.extend(watch.between)
            bare.append(bare_loop(base, posts))
            synced += [write_and_sync(folder / "page") for _ in range(10)]
    print(
        json.dumps(
            {
                "disk_p50": median(disk),
                "disk_p99": quantiles(disk, n=100)[-1],
                "memory_p50": median(memory),
                "memory_p99": quantiles(memory, n=100)[-1],
                "post": median(whole),
                "bare": median(bare),
                "call": median(calls),
                "fsync": median(synced),
            }
        )
    )


def _deliverer(storage: Storage, watch: Stopwatch, folder: Path) -> Deliverer:
    return runner_of(storage, lambda _account: cast("Publisher", watch), folder).deliverer


if __name__ == "__main__":
    main()
