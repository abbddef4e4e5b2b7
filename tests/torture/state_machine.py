"""T5: Hypothesis looks for an order of commands, ticks, crashes and faults that breaks a promise, and shrinks it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from bot.clock import VirtualClock
from bot.errors import CampaignBotError
from bot.lifecycle import is_final
from tests.torture.invariants import gather, violations
from tests.torture.network import Fault, FaultyWorldNetwork, Trouble
from tests.torture.people import mend_accounts, mend_everything
from tests.torture.world import MONDAY, Actor, Life, Sketch, World, slot_of

FIRST_SLOT = MONDAY + timedelta(minutes=1)
SKETCHES = (
    Sketch(
        code="t01", account="one", due_at=FIRST_SLOT, texts=("First of a thread.", "Second.", "Third."), picture=True
    ),
    Sketch(code="s02", account="one", due_at=FIRST_SLOT + timedelta(minutes=5), texts=("On the same account.",)),
    Sketch(code="s03", account="two", due_at=FIRST_SLOT + timedelta(minutes=5), texts=("On another account.",)),
    Sketch(code="d04", account="two", due_at=FIRST_SLOT + timedelta(minutes=9), texts=("Unsigned.",), signed=False),
)
CODES = st.sampled_from([sketch.code for sketch in SKETCHES])
SPANS = st.sampled_from([timedelta(seconds=seconds) for seconds in (1, 10, 60, 150, 600, 2400)])


class CommonRules(RuleBasedStateMachine):
    """What happens whatever the campaign is made of: time, troubles, deaths, pauses, people who look after it."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[Fault] = []
        self.steps_to_live: int | None = None

    def _at_point(self, actor: Actor, name: str) -> None:
        if self.steps_to_live is None:
            return
        self.steps_to_live -= 1
        if self.steps_to_live < 0:
            self.steps_to_live = None
            self.world.die_at(actor, name)

    def _alive(self) -> Actor | None:
        return next((actor for actor in self.world.actors.values() if actor.life is Life.ALIVE), None)

    def _decide(self, decision: Callable[[], object]) -> None:
        """A person may ask for anything; what is refused must have changed nothing."""
        before = self.world.posts()
        try:
            decision()
        except CampaignBotError:
            assert self.world.posts() == before

    @rule(span=SPANS)
    def time_passes(self, span: timedelta) -> None:
        actor = self._alive() or self.world.start_runner()
        self.world.run_until(self.world.time.now() + span, actor)

    @rule(span=SPANS)
    def the_computer_sleeps(self, span: timedelta) -> None:
        self.world.time.advance(span)

    @rule(troubles=st.lists(st.sampled_from(Trouble), min_size=1, max_size=3))
    def troubles_ahead(self, troubles: list[Trouble]) -> None:
        self.faults = [Fault(trouble=trouble) for trouble in troubles]

    @rule(steps=st.integers(0, 6))
    def death_ahead(self, steps: int) -> None:
        self.steps_to_live = steps

    @rule()
    @precondition(lambda self: not self.world.is_paused(self.world.bot))
    def pause(self) -> None:
        self.world.pause(self.world.bot)

    @rule()
    @precondition(lambda self: self.world.is_paused(self.world.bot))
    def resume(self) -> None:
        self.world.resume(self.world.bot)

    @rule()
    def mend(self) -> None:
        mend_everything(self.world)

    @rule(account=st.sampled_from(["one", "two", "example_charity"]))
    def a_colleague_writes(self, account: str) -> None:
        self.world.network.colleague_posts(account, f"Good morning, number {len(self.world.network.posts)}!")


class CampaignMachine(CommonRules):
    """Everything that people and runners can do, in any order, through the same facade as the command line."""

    def __init__(self) -> None:
        super().__init__()
        network = FaultyWorldNetwork(
            clock=VirtualClock(MONDAY), next_fault=lambda: self.faults.pop(0) if self.faults else Fault()
        )
        self.world = World(sketches=SKETCHES, network=network, at_point=self._at_point)

    @rule(code=CODES)
    def skip(self, code: str) -> None:
        self._decide(lambda: self.world.skip(code))

    @rule(code=CODES)
    def retry(self, code: str) -> None:
        self._decide(lambda: self.world.wanted_again(code, lambda: self.world.bot.retry(code)))

    @rule(code=CODES, span=SPANS)
    def reschedule(self, code: str, span: timedelta) -> None:
        slot = slot_of(self.world.time.now() + span)
        self._decide(lambda: self.world.wanted_again(code, lambda: self.world.bot.move(code, slot)))

    @rule(code=CODES)
    def delete(self, code: str) -> None:
        self._decide(lambda: self.world.delete(code))

    def teardown(self) -> None:
        """The troubles stop, and a person deals with what waits: then all must be as it should."""
        self.faults, self.steps_to_live = [], None
        world = self.world
        world.resume_all()
        mend_accounts(world)
        actor = self._alive() or world.start_runner()
        for _ in range(10):
            world.run_until(world.time.now() + timedelta(minutes=60), actor)
            if not mend_everything(world):
                break
        assert violations(gather(world)) == []
        assert [post.code for post in world.posts() if not is_final(post)] == []
