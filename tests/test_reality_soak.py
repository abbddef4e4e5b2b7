"""T10: two runners on one folder, killed and frozen at random, while X answers badly: nothing doubled, nothing lost."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import ExitCode
from tests.campaigns import FRIDAY_BEFORE
from tests.fake_x import Call, FakeXServer, Fault, Served, faults
from tests.reality.clock import RacingClock
from tests.reality.jobs import DATABASE
from tests.reality.proof import Tally, dose, proof
from tests.reality.scene import THREAD, Witness, fast_folder, prepare, verdict
from tests.reality.zygote import Ended, Zygote

SPEED = 60.0
"""How many seconds of the campaign pass in one real second: the settle window takes two."""
BAD_ANSWERS = 0.4
PATIENCE = 240.0
FEW = (*(f"w{rank}" for rank in range(20, 10, -1)), THREAD)
KILLED = -9
GOOD_ENDS = {int(ExitCode.FINE), int(ExitCode.LOCKED), KILLED}

BAD: tuple[Callable[[str], Fault], ...] = (
    lambda on: faults.lost_request(on=on),
    lambda on: faults.lost_answer(on=on),
    lambda on: faults.silence(on=on),
    lambda on: faults.silence(applied=False, on=on),
    lambda on: faults.drip(on=on),
    lambda on: faults.truncated(on=on),
    lambda on: faults.late_apply(30, on=on),
    lambda on: faults.answered(500, applied=True, on=on),
    lambda on: faults.answered(503, on=on),
    lambda on: faults.answered(429, headers={"retry-after": "20"}, on=on),
    lambda on: faults.html(on=on),
    lambda on: faults.empty(on=on),
    lambda on: faults.errors_only(on=on),
)


class Hostile(Witness):
    """Answers badly, and shows new posts late."""

    def __init__(self, clock: RacingClock, database: Path, dice: random.Random) -> None:
        super().__init__(clock, database)
        self._dice = dice
        self.read_lag = dice.choice((0.0, 20.0, 60.0))
        self.hostile = True
        self.bad = 0

    def respond(self, call: Call) -> Served:
        if self.hostile and self._dice.random() < BAD_ANSWERS:
            self.bad += 1
            self.faults.insert(0, self._dice.choice(BAD)(f"{call.method} {call.path}"))
        return super().respond(call)


@dataclass(kw_only=True)
class Slot:
    """One of the two places for a runner: whenever the one in it ends, the next one begins."""

    zygote: Zygote
    folder: Path
    options: dict[str, object]
    pid: int = 0
    ends: list[Ended] = field(default_factory=list)
    over: threading.Event

    def keep_one_going(self) -> None:
        while not self.over.is_set():
            self.pid = self.zygote.fork("soak", self.folder, self.options)
            ended = self.zygote.wait(self.pid, self.folder)
            self.pid = 0
            self.ends.append(ended)
            if ended.code not in GOOD_ENDS or "states" in ended.said:
                self.over.set()
            self.over.wait(0.05)

    def send(self, number: signal.Signals) -> bool:
        """Whether there was somebody to get it."""
        pid = self.pid
        with suppress(ProcessLookupError):
            if pid:
                os.kill(pid, number)
                return True
        return False


def torment(slots: list[Slot], seconds: float, dice: random.Random, tally: Tally) -> None:
    """Kill and freeze, at random moments."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not slots[0].over.wait(dice.uniform(0.02, 0.25)):
        slot = dice.choice(slots)
        if dice.random() < 0.5:
            if slot.send(signal.SIGKILL):
                tally.saw("killed")
        elif slot.send(signal.SIGSTOP):
            tally.saw("frozen")
            slots[0].over.wait(dice.uniform(0.02, 0.5))
            slot.send(signal.SIGCONT)


def soak(place: Path, zygotes: list[Zygote], seed: int, seconds: float, tally: Tally) -> None:
    """One round."""
    dice = random.Random(seed)  # noqa: S311 - it has to be repeatable
    began = time.monotonic() + 1
    every = timedelta(seconds=seconds * SPEED / dose(13, 36))
    codes = FEW if dose(0, 1) == 0 else ()
    late = {"catch_up_spacing": 'catch_up_spacing = "5s"', "lateness_limit": 'lateness_limit = "6h"'}
    folder = prepare(place / f"round{seed}", *codes, every=every, asks=seed % 2 == 1, **late)
    clock = RacingClock(FRIDAY_BEFORE, began, SPEED)
    network = Hostile(clock, folder / DATABASE, dice)
    with FakeXServer(network) as server:
        over = threading.Event()
        options: dict[str, object] = {"api_base": server.base, "start": FRIDAY_BEFORE.isoformat(), "began": began}
        slots = [Slot(zygote=each, folder=folder, options={**options, "speed": SPEED}, over=over) for each in zygotes]
        threads = [threading.Thread(target=slot.keep_one_going) for slot in slots]
        for thread in threads:
            thread.start()
        torment(slots, seconds, random.Random(seed + 1), tally)  # noqa: S311 - as above
        network.hostile = False
        ended_in_time = over.wait(PATIENCE)
        over.set()
        for slot in slots if not ended_in_time else []:
            slot.send(signal.SIGKILL)
        for thread in threads:
            thread.join()
    judge(f"seed {seed}", [ended for slot in slots for ended in slot.ends], network, tally)


def judge(name: str, ends: list[Ended], network: Hostile, tally: Tally) -> None:
    wrong = [f"ended badly: {ended}" for ended in ends if ended.code not in GOOD_ENDS]
    last = next((ended.said for ended in ends if "states" in ended.said), {})
    wanted = tuple(code for code, state in last.get("states", {}).items() if state != "skipped")
    wrong += verdict(last, network, wanted)
    for ended in ends:
        if ended.code == ExitCode.LOCKED:
            tally.saw("a second runner was refused")
    tally.seen["bad answers"] = tally.seen.get("bad answers", 0) + network.bad
    tally.seen["posts"] = tally.seen.get("posts", 0) + len(network.posts)
    tally.seen["held"] = tally.seen.get("held", 0) + len(last.get("reasons", {}))
    tally.case(name, *wrong)


@pytest.fixture
def place() -> Iterator[Path]:
    with fast_folder() as folder:
        yield folder


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="NOT PROVED HERE: no way to freeze a process")
def test_a_hostile_world_doubles_nothing_and_loses_nothing(place: Path) -> None:
    first = int(os.environ.get("CAMPAIGN_BOT_SEED", "1"))
    seeds = range(first, first + dose(1, 3, 15))
    with proof("T10 soak", *seeds) as tally, Zygote("-a") as one, Zygote("-b") as other:
        for seed in seeds:
            soak(place, [one, other], seed, dose(5, 60), tally)
        for what in ("killed", "frozen", "a second runner was refused", "bad answers", "posts"):
            assert tally.seen.get(what), what
