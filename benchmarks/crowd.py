"""Many posts of several accounts, seeded through storage, and runners for them: ``python -m benchmarks.crowd`` is one.

The planner would refuse such weeks. Everything else is as it runs live: storage, deliverer, heartbeat, Tweepy, sockets.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.measuring import ROOT, environment
from bot.clock import SystemClock
from bot.core.counting import CallCount
from bot.core.delivering import Deliverer, serve_in_turn
from bot.core.lanes import Lanes
from bot.core.running import Runner, ServeAll
from bot.credentials import Credentials
from bot.lifecycle import Policy
from bot.model import Account, Mode
from bot.publishers import Publisher
from bot.publishers.registry import Gateway
from bot.publishers.x import open_publisher
from bot.scheduler import keep_beating, stopping_on_signals
from bot.storage import Storage
from bot.storage.migrate import create_if_new
from tests.torture.world import Sketch, plan

_NO_SPACING = Policy(catch_up_spacing=timedelta(0))
"""A busy machine may fall behind: what is late is then sent as fast as it can be, and shows in the figures."""

AHEAD = timedelta(seconds=5)
"""How long before the first slot the runners are started."""


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """So many accounts with so many posts each; the first slot, and the time between two posts of an account."""

    accounts: int
    each: int
    first: datetime
    between: timedelta = timedelta(0)

    def sketches(self) -> tuple[Sketch, ...]:
        """One text for each post, which says whose it is and the how manieth."""
        return tuple(
            Sketch(
                code=f"a{account}p{number:03}",
                account=f"account{account}",
                due_at=self.first + number * self.between,
                texts=(f"account{account} {number}",),
            )
            for number in range(self.each)
            for account in range(self.accounts)
        )


def soon() -> datetime:
    """A whole second, far enough away for runners to be up by then."""
    return datetime.now(UTC).replace(microsecond=0) + AHEAD


def seed(url: str, crowd: Crowd) -> None:
    """Plan, sign off and start, as a campaign would have it."""
    with closing(Storage(url)) as storage:
        create_if_new(storage.database)
        plan(storage, crowd.sketches(), _NO_SPACING)


def gateway(account: Account, base: str) -> Publisher:
    """The real publisher of an account, with made-up secrets that name it."""
    secrets = Credentials(
        api_key="key",
        api_key_secret="secret",  # noqa: S106  # made up
        access_token=f"1-{account.handle}",
        access_token_secret="secret",  # noqa: S106  # made up
    )
    return open_publisher(Gateway(handle=account.handle, credentials=secrets, api_base=base, clock=SystemClock()))


def runner_of(
    storage: Storage, publisher_for: Callable[[Account], Publisher], folder: Path, serve_all: ServeAll = serve_in_turn
) -> Runner:
    """A runner as ``bootstrap.run`` makes it for the real clock, with the count of calls outside the database."""
    name = uuid.uuid4().hex
    count = CallCount(folder, name)
    runner = Runner(
        deliverer=Deliverer(
            storage=storage,
            publisher_for=publisher_for,
            clock=SystemClock(),
            runner_id=name,
            mode=Mode.LIVE,
            report=lambda _event: None,
            sender_gone=lambda _runner: False,
            count=lambda attempt: count.note(attempt.attempt_id),
        ),
        serve_all=serve_all,
    )
    runner.begin(host="here", pid=os.getpid())
    return runner


def start_runner(url: str, base: str, folder: Path) -> subprocess.Popen[str]:
    """A runner in a process of its own; it ends when every post is final."""
    words = [sys.executable, "-m", "benchmarks.crowd", url, base, str(folder)]
    return subprocess.Popen(words, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True)


def wait_for(runners: Sequence[subprocess.Popen[str]], seconds: float) -> list[dict[str, Any]]:
    """What each runner says at its end. Raises subprocess.TimeoutExpired for one that does not end."""
    said = []
    try:
        for runner in runners:
            output, _ = runner.communicate(timeout=seconds)
            if runner.returncode:
                raise RuntimeError(f"a runner ended with {runner.returncode}")
            said.append(json.loads(output.splitlines()[-1]))
    finally:
        for runner in runners:
            runner.kill()
    return said


def main() -> None:
    """``URL BASE FOLDER``: be a runner until every post is final."""
    url, base, folder = sys.argv[1:]
    with closing(Storage(url)) as storage, stopping_on_signals() as stop, Lanes() as lanes:
        runner = runner_of(storage, lambda account: gateway(account, base), Path(folder), lanes.serve)
        began = time.perf_counter()
        ended = keep_beating(lambda: runner.tick().finished, stop)
        lanes.close()
        runner.end()
    print(json.dumps({"ended": ended, "seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main()
