"""T4: whole campaigns by the throw of dice: accounts, threads, runners, people, clocks and every fault at once.

A run is a pure function of its seed. At any step a runner may die, or stand still while the others go on; in between
people pause, skip, move, delete and settle, colleagues write and delete, clocks jump. Then the troubles stop: within
ten minutes all must be settled, and with a person's help everything must end as it was meant.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from bot.clock import VirtualClock
from bot.errors import CampaignBotError
from bot.lifecycle import is_final, needs_person, state_of
from bot.model import MessageState, Post
from tests.torture.invariants import gather, violations
from tests.torture.network import RESET_AFTER, Fault, FaultyWorldNetwork, Trouble, Wall
from tests.torture.people import mend, mend_accounts, mend_everything
from tests.torture.world import CAMPAIGN, ENCORE, MONDAY, POLICY, SENDS_AGAIN, Actor, Life, Sketch, World, slot_of

MOST_STEPS = 3000
DEEPEST = 2
SETTLED_WITHIN = timedelta(minutes=10)
LIMIT = timedelta(minutes=15)
IN_TIME = timedelta(seconds=100)
JUMPS = tuple(timedelta(seconds=seconds) for seconds in (10, -10, 3600, -3600, 86400))


@dataclass(frozen=True, kw_only=True)
class Weather:
    """How bad it gets under one seed: shares of calls, readings, steps and pauses between ticks."""

    faults: float
    looks: float
    crashes: float
    freezes: float
    events: float
    jumps: bool
    late: timedelta


@dataclass(kw_only=True)
class Verdict:
    """What one seed came to."""

    seed: int
    wrong: list[str]
    reached: Counter[str]
    digest: str
    trace: list[str]


@dataclass(kw_only=True)
class Simulation:
    """One seed."""

    seed: int
    rng: Random = field(init=False)
    weather: Weather = field(init=False)
    world: World = field(init=False)
    stormy: bool = True
    wrong_clocks: bool = False
    froze_in_call: bool = False
    comes_in_time: bool = True
    steps: int = 0
    _depth: int = 0

    def __post_init__(self) -> None:
        rng = self.rng = Random(self.seed)  # noqa: S311 - dice, not secrets
        refuses = rng.random() < 0.6
        jumps = rng.random() < 0.3
        asks = rng.random() < 0.6
        late, lag = _bounds(rng, free=refuses or asks, jumps=jumps)
        self.weather = Weather(
            faults=rng.choice((0.0, 0.1, 0.3, 0.6)),
            looks=rng.choice((0.0, 0.0, 0.2, 0.5)),
            crashes=rng.choice((0.0, 0.02, 0.06)),
            freezes=rng.choice((0.0, 0.02, 0.05)),
            events=rng.choice((0.0, 0.1, 0.3)),
            jumps=jumps,
            late=late,
        )
        network = FaultyWorldNetwork(
            clock=VirtualClock(MONDAY),
            lag=lag,
            refuses_duplicates=refuses,
            next_fault=self._fault,
            look_fails=lambda: self.stormy and self.rng.random() < self.weather.looks,
            upload_fails=lambda: self.stormy and self.rng.random() < self.weather.faults / 4,
        )
        self.comes_in_time = asks or late + lag <= IN_TIME
        one_host = rng.random() < 0.7
        walls = [Wall(true=network.clock) for _ in range(1 if one_host else 2)]
        self.world = World(
            sketches=_sketches(rng),
            network=network,
            policy=POLICY if asks else SENDS_AGAIN,
            one_host=one_host,
            walls=walls,
            at_point=self._at_point,
        )

    def _fault(self) -> Fault:
        if not self.stormy or self.rng.random() >= self.weather.faults:
            return Fault()
        return Fault(trouble=self.rng.choice(tuple(Trouble)), delay=self.weather.late * self.rng.random())

    def _at_point(self, actor: Actor, name: str) -> None:
        if not self.stormy:
            return
        dice = self.rng.random()
        if dice < self.weather.crashes:
            self.world.network.reached[f"crash {name}"] += 1
            self.world.die_at(actor, name)
        if dice < self.weather.crashes + self.weather.freezes and self._depth < DEEPEST:
            self._stand_still(actor, name)

    def _stand_still(self, actor: Actor, name: str) -> None:
        world = self.world
        span = timedelta(seconds=self.rng.choice((2, 15, 80, 200, 900)))
        world.network.reached[f"freeze {name}"] += 1
        world.note(f"{actor.name} stands still {name} for {span}")
        self.froze_in_call |= name.startswith("in the call")
        actor.life, self._depth = Life.FROZEN, self._depth + 1
        end = world.time.now() + span
        while world.time.now() < end and self._more_steps():
            self.step(end)
        world.time.advance_to(end)
        actor.life, self._depth = Life.ALIVE, self._depth - 1
        world.note(f"{actor.name} goes on")

    def _more_steps(self) -> bool:
        self.steps += 1
        return self.steps < MOST_STEPS

    def step(self, end: datetime) -> None:
        """The next thing that happens before ``end``: somebody does something, or the next runner ticks."""
        world = self.world
        actor = min(
            (actor for actor in world.actors.values() if actor.life is Life.ALIVE and actor.wake is not None),
            key=lambda actor: (actor.wake, actor.name),
            default=None,
        )
        next_at = end if actor is None or actor.wake is None else min(actor.wake, end)
        if self.stormy and self.rng.random() < self.weather.events:
            ahead = max(timedelta(0), next_at - world.time.now())
            world.time.advance(ahead * self.rng.random())
            self._something_happens()
            return
        world.time.advance_to(next_at)
        if actor is not None and actor.wake is not None and actor.wake <= world.time.now():
            self._tick(actor)
        elif actor is None and self.stormy:
            world.start_runner(self.rng.choice(world.walls))

    def _tick(self, actor: Actor) -> None:
        beat = self.world.tick(actor)
        if beat is None:
            pause = timedelta(seconds=self.rng.choice((1, 10, 100, 1000)))
            if not any(other.life is Life.ALIVE for other in self.world.actors.values()):
                self.world.time.advance(pause)
                self.world.start_runner(self.rng.choice(self.world.walls))

    def _something_happens(self) -> None:
        steering = (
            self._pause,
            self._skip,
            self._move,
            self._retry,
            self._delete,
            self._correct,
            self._mend,
            self._mend,
        )
        others = (self._colleague, self._by_hand, self._runner_comes, self._runner_goes, self._clock)
        event: Callable[[], None] = self.rng.choice((*steering, *others))
        name = event.__name__[1:]
        try:
            event()
        except CampaignBotError as error:
            name += f" refused: {error}"
        self.world.network.reached[name.partition(":")[0]] += 1
        self.world.note(name)
        self._wake_all()

    def _wake_all(self) -> None:
        soon = self.world.time.now() + timedelta(seconds=1)
        for actor in self.world.actors.values():
            if actor.life is Life.ALIVE:
                actor.wake = min(actor.wake or soon, soon)

    def _any_post(self) -> Post:
        return self.rng.choice(self.world.posts())

    def _pause(self) -> None:
        bot = self.rng.choice(tuple(self.world.bots.values()))
        if self.world.is_paused(bot):
            self.world.resume(bot)
        else:
            self.world.pause(bot)

    def _skip(self) -> None:
        self.world.skip(self._any_post().code)

    def _move(self) -> None:
        post = self._any_post()
        instant = self.world.walls[0].now() + timedelta(seconds=self.rng.randrange(0, 1800))
        self.world.wanted_again(post.code, lambda: self.world.bot_of(post.code).move(post.code, slot_of(instant)))

    def _retry(self) -> None:
        post = self._any_post()
        self.world.wanted_again(post.code, lambda: self.world.bot_of(post.code).retry(post.code))

    def _correct(self) -> None:
        out = [post for post in self.world.posts() if post.messages[0].state is MessageState.POSTED]
        post = self.rng.choice(out) if out else self._any_post()
        slot = slot_of(self.world.walls[0].now() + timedelta(seconds=self.rng.randrange(60, 1800)))
        self.world.correct(post.code, f"A correction of {post.code}, number {self.rng.random()}.", slot)

    def _delete(self) -> None:
        self.world.delete(self._any_post().code)

    def _mend(self) -> None:
        mend_accounts(self.world)
        for post in self.world.posts():
            if needs_person(post):
                mend(self.world, post)
                return

    def _colleague(self) -> None:
        handle = self.rng.choice(self.world.sketches).account
        self.world.network.colleague_posts(handle, f"Good morning, number {self.rng.random()}!")

    def _by_hand(self) -> None:
        """Somebody deletes one of our posts that is on record, without telling anybody."""
        post = self._any_post()
        for message in post.messages[-1:]:
            if message.state is MessageState.POSTED and message.receipt:
                self.world.network.delete(self.world.handle_of(post), message.receipt.network_id)

    def _runner_comes(self) -> None:
        if sum(actor.life is not Life.DEAD for actor in self.world.actors.values()) < 3:
            self.world.start_runner(self.rng.choice(self.world.walls))

    def _runner_goes(self) -> None:
        for actor in self.world.actors.values():
            if actor.life is Life.ALIVE:
                actor.runner.end()
                actor.life, actor.wake = Life.DEAD, None
                return

    def _clock(self) -> None:
        if self.weather.jumps:
            self.wrong_clocks = True
            self.rng.choice(self.world.walls).offset = self.rng.choice((timedelta(0), *JUMPS))

    # The whole run.

    def go(self) -> Verdict:
        """Storm, calm, and what people then do; with all that must be true after each."""
        self._storm()
        wrong = self._calm()
        wrong += self._ending() if not wrong else []
        world = self.world
        for call in world.network.calls:
            world.trace.append(f"call {call}")
        digest = hashlib.sha256("\n".join(world.trace).encode()).hexdigest()
        return Verdict(seed=self.seed, wrong=wrong, reached=world.network.reached, digest=digest, trace=world.trace)

    def _storm(self) -> None:
        world = self.world
        end = max(sketch.due_at for sketch in world.sketches) + timedelta(minutes=self.rng.choice((2, 20, 60)))
        for _ in range(self.rng.choice((1, 1, 2, 3))):
            world.start_runner(self.rng.choice(world.walls))
        while world.time.now() < end and self._more_steps():
            self.step(end)

    def _calm(self) -> list[str]:
        """The troubles stop; what was on its way must come to rest."""
        world, self.stormy = self.world, False
        world.note("calm")
        world.network.lag = timedelta(0)
        for wall in world.walls:
            wall.offset = timedelta(0)
        world.resume_all()
        mend_accounts(world)
        if not any(actor.life is Life.ALIVE for actor in world.actors.values()):
            world.start_runner()
        self._wake_all()
        limited = any(call.trouble in {Trouble.LIMITED, Trouble.LIMITED_UNTIL} for call in world.network.calls)
        self._go_on(SETTLED_WITHIN + (max(LIMIT, RESET_AFTER) if limited else timedelta(0)))
        return self._violations() + self._overdue()

    def _overdue(self) -> list[str]:
        late = self.world.time.now() - SETTLED_WITHIN
        waiting = [post for post in self.world.posts() if post.slot.due_at < late and not is_final(post)]
        return [f"overdue: {post.code} is {state_of(post)}" for post in waiting if not needs_person(post)]

    def _ending(self) -> list[str]:
        """The rest of the week, then a person deals with what waits; every post must come to its end."""
        world = self.world
        self._go_on(max(post.slot.due_at for post in world.posts()) + timedelta(minutes=35) - world.time.now())
        for _ in range(12):
            if not mend_everything(world):
                break
            self._wake_all()
            self._go_on(timedelta(minutes=20))
        ends = [f"end: {post.code} is {state_of(post)}" for post in world.posts() if not is_final(post)]
        return self._violations() + ends

    def _go_on(self, span: timedelta) -> None:
        end = self.world.time.now() + span
        while self.world.time.now() < end and self._more_steps():
            self.step(end)

    def _violations(self) -> list[str]:
        quiet = not self.wrong_clocks
        found = violations(
            gather(
                self.world,
                quiet_clock=quiet,
                prompt_calls=not self.froze_in_call,
                comes_in_time=self.comes_in_time,
            )
        )
        return found if self.steps < MOST_STEPS else [*found, "it never comes to rest"]


def _bounds(rng: Random, *, free: bool, jumps: bool) -> tuple[timedelta, timedelta]:
    """By how much posts may be late, and the timeline may lag.

    A campaign that asks a person knows no limits here. One that sends again does where the network takes the same text
    twice: only what shows within the settle window can be told apart from what was lost then, and a clock that jumps
    meanwhile makes the window worthless. These are the stated limits of ``if_unanswered = "send again"``.
    """
    late = timedelta(seconds=rng.choice((5, 60, 100, 300, 600)))
    lag = timedelta(seconds=rng.choice((0, 0, 20, 90, 300)))
    if free:
        return late, lag
    if jumps:
        return timedelta(seconds=2), timedelta(0)
    lag = min(lag, timedelta(seconds=90))
    return min(late, IN_TIME - lag), lag


def _sketches(rng: Random) -> tuple[Sketch, ...]:
    accounts = ("one", "two", "three")[: rng.choice((1, 1, 2, 3))]
    campaigns = (CAMPAIGN, ENCORE) if rng.random() < 0.4 else (CAMPAIGN,)
    sketches = []
    for number in range(rng.randrange(3, 8)):
        parts = rng.choice((1, 1, 1, 2, 3, 8 if number == 0 else 2))
        gap = timedelta(minutes=rng.choice((1, 5, 15)) * number + 1)
        texts = tuple(f"Post {number}, part {part} of {parts}: example.org/{number}" for part in range(1, parts + 1))
        sketches.append(
            Sketch(
                code=f"p{number:02}",
                account=rng.choice(accounts),
                due_at=MONDAY + gap,
                texts=texts,
                signed=rng.random() < 0.9,
                picture=rng.random() < 0.2,
                campaign=campaigns[number % len(campaigns)],
            )
        )
    return tuple(sketches)


@dataclass(kw_only=True)
class Chunk:
    """What a range of seeds came to."""

    cases: int = 0
    reached: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def run_chunk(first: int, last: int) -> Chunk:
    """These seeds, both ends included; one in a hundred is run twice, and must do the same twice."""
    chunk = Chunk()
    for seed in range(first, last + 1):
        verdict = run_seed(seed)
        chunk.cases += 1
        chunk.reached.update(verdict.reached)
        if verdict.wrong:
            replay = f"python -m tests.torture --seed {seed} -v"
            chunk.failures.append(f"seed {seed}: {'; '.join(verdict.wrong)}. Replay: {replay}")
        if seed % 100 == 1 and run_seed(seed).digest != verdict.digest:
            chunk.failures.append(f"seed {seed} is not the same twice")
    return chunk


def run_seed(seed: int) -> Verdict:
    """One seed, from its beginning to its end."""
    return Simulation(seed=seed).go()
