"""T1, T2 and T3: a thread and a post, with every order of faults, and a crash or a freeze at every step there is.

Steps are not listed beforehand: a run without a crash tells them, then each is crashed at once. So every injected
crash is reached, and a new crash point in the code is tested without a word here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from itertools import chain, product

from bot.clock import VirtualClock
from bot.lifecycle import Policy, needs_person
from tests.torture.invariants import gather, not_posted, unfinished, violations
from tests.torture.network import Fault, FaultyWorldNetwork, Trouble
from tests.torture.people import mend_everything
from tests.torture.world import MONDAY, POLICY, SENDS_AGAIN, Actor, Life, Sketch, World

FIRST_SLOT = MONDAY + timedelta(minutes=1)
SKETCHES = (
    Sketch(code="t01", account="one", due_at=FIRST_SLOT, texts=("Part one.", "Part two.", "Part three."), picture=True),
    Sketch(code="s02", account="one", due_at=FIRST_SLOT + timedelta(minutes=10), texts=("A single post.",)),
)
TROUBLES = tuple(Trouble)
DELAYS = tuple(timedelta(seconds=seconds) for seconds in (1, 30, 90, 200, 600))
DOWN_FOR = tuple(timedelta(seconds=seconds) for seconds in (1, 20, 70, 2400))
LAGS = tuple(timedelta(seconds=seconds) for seconds in (0, 40, 90, 300))
FROZEN_FOR = tuple(timedelta(seconds=seconds) for seconds in (4, 25, 70, 400, 2400))
IN_TIME = timedelta(seconds=100)
"""Lag and delay together up to this are within the settle window, and must be settled without a person and without luck."""
WITHIN = tuple((lag, delay) for lag, delay in product(LAGS, DELAYS) if lag + delay <= IN_TIME)
"""Where the network takes the same text twice, a campaign that sends again keeps its promise only under these."""


class Suite(StrEnum):
    """Which of the enumerations."""

    T1 = "T1"
    T2 = "T2"
    T3 = "T3"


@dataclass(frozen=True, kw_only=True)
class Order:
    """What the network does in every case of one branch. ``number`` is its place in the enumeration."""

    suite: Suite
    number: int
    faults: tuple[Trouble, ...]
    sends_again: bool
    refuses_duplicates: bool
    lag: timedelta
    delay: timedelta

    @property
    def name(self) -> str:
        """What tests call it."""
        return f"{self.suite}:{self.number}"

    @property
    def settles(self) -> bool:
        """Whether looking can settle it all."""
        late = self.delay if Trouble.LATE in self.faults else timedelta(0)
        return self.lag + late <= IN_TIME

    @property
    def policy(self) -> Policy:
        """What the campaign does about a call without an answer."""
        return SENDS_AGAIN if self.sends_again else POLICY


@dataclass(frozen=True, kw_only=True)
class Case:
    """An order, and the steps (counted from 0 within each runner's life) at which runners die or stand still."""

    order: Order
    stops: tuple[int, ...]
    freeze: timedelta | None = None

    @property
    def name(self) -> str:
        """What ``--case`` takes."""
        frozen = f"/{int(self.freeze.total_seconds())}" if self.freeze is not None else ""
        return f"{self.order.suite}:{self.order.number}:{','.join(map(str, self.stops))}{frozen}"


@dataclass(kw_only=True)
class Tally:
    """What a part of an enumeration came to."""

    cases: int = 0
    reached: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def orders(suite: Suite) -> tuple[Order, ...]:
    """All branches of a suite, the same every time. Lags and delays take turns.

    A campaign that asks is tried in every world; one that sends again only where its promise can be kept: the network
    refuses duplicates, or shows within the settle window whatever it has taken.
    """
    faults: tuple[tuple[Trouble, ...], ...] = tuple(product(TROUBLES, repeat=2 if suite is Suite.T1 else 1))
    anywhere = tuple(product(LAGS, DELAYS))
    found: list[Order] = []
    for turn, (chosen, (again, refuses)) in enumerate(product(faults, product((False, True), (True, False)))):
        worlds = WITHIN if again and not refuses else anywhere
        lag, delay = worlds[turn * 7 % len(worlds)]
        found.append(
            Order(
                suite=suite,
                number=turn,
                faults=chosen,
                sends_again=again,
                refuses_duplicates=refuses,
                lag=lag,
                delay=delay,
            )
        )
    return tuple(found)


@dataclass(kw_only=True)
class Run:
    """One case under way. ``steps`` are the crash points that each runner of the main line has passed."""

    case: Case
    world: World = field(init=False)
    steps: list[list[str]] = field(default_factory=list)
    prompt_calls: bool = True
    _nested: bool = False

    def __post_init__(self) -> None:
        order = self.case.order
        delays = iter(order.faults)
        network = FaultyWorldNetwork(
            clock=VirtualClock(MONDAY),
            lag=order.lag,
            refuses_duplicates=order.refuses_duplicates,
            next_fault=lambda: Fault(trouble=next(delays, Trouble.NONE), delay=order.delay),
        )
        self.world = World(sketches=SKETCHES, network=network, policy=order.policy, at_point=self._at_point)

    def _at_point(self, actor: Actor, name: str) -> None:
        if self._nested:
            return
        steps = self.steps[-1]
        steps.append(name)
        turn = len(self.steps) - 1
        if turn < len(self.case.stops) and self.case.stops[turn] == len(steps) - 1:
            self.world.network.reached[f"{'crash' if self.case.freeze is None else 'freeze'} {name}"] += 1
            if self.case.freeze is None:
                self.world.die_at(actor, name)
            self.prompt_calls = not name.startswith("in the call")
            self._stand_still(actor, self.case.freeze)

    def _stand_still(self, actor: Actor, span: timedelta) -> None:
        """The runner stops in the middle of a step, another one works, and then the first goes on as if nothing was."""
        world = self.world
        actor.life, self._nested = Life.FROZEN, True
        other = world.start_runner()
        world.run_until(world.time.now() + span, other)
        actor.life, self._nested = Life.ALIVE, False
        other.runner.end()
        other.life = Life.DEAD

    def go(self) -> list[str]:
        """Run it to its end; returns what is wrong."""
        world, end = self.world, FIRST_SLOT + timedelta(hours=2)
        self.steps.append([])
        actor = world.start_runner()
        while not world.run_until(end, actor):
            world.time.advance(DOWN_FOR[sum(self.case.stops[: len(self.steps)]) % len(DOWN_FOR)])
            self.steps.append([])
            actor = world.start_runner()
        order = self.case.order
        sure = order.settles and self.case.freeze is None
        wrong = violations(gather(world, sure=sure, prompt_calls=self.prompt_calls, comes_in_time=self._comes_in_time))
        wrong += unfinished_unless_stopped(world)
        return wrong + self._finish(actor)

    @property
    def _comes_in_time(self) -> bool:
        """Who asks never gives up a post for lost, however late it shows."""
        return self.case.order.settles or not self.case.order.sends_again

    def _finish(self, actor: Actor) -> list[str]:
        """A person deals with what waits; then everything must be out, once."""
        world, self._nested = self.world, True
        if not world.stopped_accounts() and not any(needs_person(post) for post in world.posts()):
            return not_posted(world.posts())
        for _ in range(8):
            if not mend_everything(world) and not any(needs_person(post) for post in world.posts()):
                break
            world.run_until(world.time.now() + timedelta(minutes=20), actor)
        world.run_until(world.time.now() + timedelta(minutes=20), actor)
        found = gather(world, prompt_calls=self.prompt_calls, comes_in_time=self._comes_in_time)
        return violations(found) + not_posted(world.posts())


def unfinished_unless_stopped(world: World) -> list[str]:
    """What still is on its way although nothing stands in it."""
    return [] if world.stopped_accounts() else unfinished(world.posts())


def explore(order: Order, *, every: int = 1) -> Tally:
    """All cases of one branch; with ``every``, that share of its second crashes and of its lengths of standing still."""
    tally = Tally()
    first = _try(Case(order=order, stops=()), tally)
    _must_be_reached(first, tally, {trouble.value for trouble in order.faults})
    for at in range(len(first.steps[0])):
        if order.suite is Suite.T3:
            for number, span in enumerate(FROZEN_FOR):
                if (at + number) % every == 0:
                    _try(Case(order=order, stops=(at,), freeze=span), tally)
            continue
        run = _try(Case(order=order, stops=(at,)), tally)
        if order.suite is Suite.T2:
            for again in range(len(run.steps[1])):
                if (at + again) % every == 0:
                    _try(Case(order=order, stops=(at, again)), tally)
    return tally


def _try(case: Case, tally: Tally) -> Run:
    run = Run(case=case)
    wrong = run.go()
    tally.cases += 1
    reached = run.world.network.reached
    tally.reached.update(reached)
    if sum(reached[f"{kind} {name}"] for kind in ("crash", "freeze") for name in set(chain(*run.steps))) != len(
        case.stops
    ):
        tally.failures.append(f"{case.name}: a step was never reached")
    if wrong:
        tally.failures.append(f"{case.name}: {'; '.join(wrong)}. Replay: python -m tests.torture --case {case.name}")
    return run


def _must_be_reached(run: Run, tally: Tally, wanted: set[str]) -> None:
    missing = wanted - set(run.world.network.reached)
    if missing:
        tally.failures.append(f"{run.case.name}: never reached: {missing}")


def replay(name: str) -> Iterator[str]:
    """One case again, with everything that happened."""
    suite, number, stops = name.split(":")
    stops, _, frozen = stops.partition("/")
    order = orders(Suite(suite))[int(number)]
    case = Case(
        order=order,
        stops=tuple(int(stop) for stop in stops.split(",") if stop),
        freeze=timedelta(seconds=int(frozen)) if frozen else None,
    )
    run = Run(case=case)
    wrong = run.go()
    yield str(order)
    yield from run.world.trace
    yield from (
        f"{call.at:%H:%M:%S} {call.runner_id} {call.outgoing} {call.trouble}" for call in run.world.network.calls
    )
    yield from wrong or ["nothing is wrong"]
