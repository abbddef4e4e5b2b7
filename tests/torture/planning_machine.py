"""T5, the other half: the same machine on a campaign that people load, plan, edit, sign and plan anew while it runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import rule

from bot.clock import VirtualClock
from bot.lifecycle import is_final
from bot.ranking import read_list
from tests.torture.invariants import gather, violations
from tests.torture.network import Fault, FaultyWorldNetwork
from tests.torture.people import mend_accounts, mend_everything
from tests.torture.state_machine import SPANS, CommonRules
from tests.torture.world import MONDAY, World, arena, slot_of

Row = tuple[str, str, int]
FIRST_LIST: tuple[Row, ...] = (
    ("Ada Oakfield", "Willow House", 90),
    ("Ben Thornby", "Willow House", 80),
    ("Cleo Marsh", "Harbour Care", 70),
    ("Dan Quill", "Harbour Care", 60),
    ("Eve Larkspur", "Willow House", 50),
    ("Finn Brook", "Harbour Care", 40),
)
PICKS = st.integers(0, 11)
A_WEEK = timedelta(days=5)


class PlanningMachine(CommonRules):
    """Plans and lists change under a runner: what was sent stays as it was signed, and nothing is sent unsigned."""

    def __init__(self) -> None:
        super().__init__()
        network = FaultyWorldNetwork(
            clock=VirtualClock(MONDAY), next_fault=lambda: self.faults.pop(0) if self.faults else Fault()
        )
        self.world = World(sketches=(), network=network, at_point=self._at_point)
        self.rows = list(FIRST_LIST)
        self._load()
        self.world.bot.plan()
        self._sign()
        self.world.bot.record_start()

    def _load(self) -> None:
        ranked = sorted(self.rows, key=lambda row: -row[2])
        lines = [f"{rank},{name},{home},{count},name" for rank, (name, home, count) in enumerate(ranked, start=1)]
        path: Path = arena().folder / "list.csv"
        path.write_text("\n".join(["rank,name,organisation,count,consent", *lines]) + "\n", "utf-8")
        self.world.bot.load(read_list(path), answers={})

    def _sign(self) -> None:
        seen = self.world.bot.stage.planned().plan_code
        self.world.bot.approve(codes=None, plan_code=seen, by="Ann Example", accept_warnings=True)

    def _about(self, pick: int, decision: Callable[[str], object]) -> None:
        """Something about one of the posts that there are now."""
        posts = self.world.posts()
        self._decide(lambda: decision(posts[pick % len(posts)].code))

    @rule(pick=PICKS, home=st.sampled_from(["Willow House", "Harbour Care", "Meadow View"]))
    def a_row_moves_to_another_house(self, pick: int, home: str) -> None:
        name, _, count = self.rows[pick % len(self.rows)]
        self.rows[pick % len(self.rows)] = (name, home, count)

    @rule(pick=PICKS, count=st.integers(30, 95))
    def a_row_is_counted_anew(self, pick: int, count: int) -> None:
        name, home, _ = self.rows[pick % len(self.rows)]
        self.rows[pick % len(self.rows)] = (name, home, count)

    @rule(pick=PICKS)
    def a_row_goes_or_a_new_one_comes(self, pick: int) -> None:
        if len(self.rows) > len(FIRST_LIST) - 1:
            del self.rows[pick % len(self.rows)]
        else:
            self.rows.append((f"Gwen Numbertwo {chr(65 + pick)}", "Meadow View", 35 + pick))

    @rule()
    def load_the_list(self) -> None:
        self._decide(self._load)

    @rule(respread=st.booleans())
    def plan_anew(self, respread: bool) -> None:
        self._decide(lambda: self.world.bot.plan(respread=respread))

    @rule()
    def sign_everything(self) -> None:
        self._decide(self._sign)

    @rule(pick=PICKS)
    def skip(self, pick: int) -> None:
        self._about(pick, self.world.skip)

    @rule(pick=PICKS)
    def retry(self, pick: int) -> None:
        bot = self.world.bot
        self._about(pick, lambda code: self.world.wanted_again(code, lambda: bot.retry(code)))

    @rule(pick=PICKS, span=SPANS)
    def reschedule(self, pick: int, span: timedelta) -> None:
        slot, bot = slot_of(self.world.time.now() + span), self.world.bot
        self._about(pick, lambda code: self.world.wanted_again(code, lambda: bot.move(code, slot)))

    @rule(pick=PICKS)
    def delete(self, pick: int) -> None:
        self._about(pick, self.world.delete)

    def teardown(self) -> None:
        """The troubles stop, the week goes by, and a person deals with what waits."""
        self.faults, self.steps_to_live = [], None
        world = self.world
        world.resume_all()
        mend_accounts(world)
        actor = self._alive() or world.start_runner()
        world.run_until(max(world.time.now(), MONDAY) + A_WEEK, actor)
        for _ in range(10):
            if not mend_everything(world):
                break
            world.run_until(world.time.now() + timedelta(minutes=60), actor)
        assert violations(gather(world)) == []
        assert [post.code for post in world.posts() if not is_final(post)] == []
