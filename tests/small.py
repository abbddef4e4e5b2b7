"""A small campaign on a virtual clock: a few posts written straight into the database, each account with a network.

For what a week of real templates is not needed for: it is made in a few milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from bot.clock import VirtualClock
from bot.core.delivering import Crashpoint, Deliverer, Event, no_crash
from bot.core.running import Beat, Runner
from bot.lifecycle import Policy, state_of
from bot.model import Account, AuditEntry, Mode, Post, PostState
from bot.storage import Storage
from tests.campaigns import FaultyNetwork, a_storage, work_until
from tests.torture.world import CAMPAIGN, MONDAY, Sketch, plan

SECOND = timedelta(seconds=1)


class FrozenError(BaseException):
    """A runner stands still here. Not an Exception: nothing may catch it."""


def freeze_at(step: str) -> Crashpoint:
    """A runner with this crash point never gets past a step."""

    def crashpoint(name: str) -> None:
        if name == step:
            raise FrozenError

    return crashpoint


@dataclass(kw_only=True)
class Small:
    """Started, signed off, with the clock at the first slot. ``networks`` are by the account's handle."""

    storage: Storage
    clock: VirtualClock
    networks: dict[str, FaultyNetwork]
    events: list[Event] = field(default_factory=list)

    @property
    def accounts(self) -> dict[str, int]:
        return {handle: self.storage.campaigns.ensure_account("x", handle).account_id for handle in self.networks}

    @property
    def posts(self) -> dict[str, Post]:
        """Of all campaigns, by their code."""
        campaigns = [self.campaign_id(name) for name in self.storage.campaigns.names()]
        return {post.code: post for found in campaigns for post in self.storage.plans.posts(found)}

    def campaign_id(self, name: str = CAMPAIGN) -> int:
        return self.storage.campaigns.ensure(name).campaign_id

    def entry(self, action: str) -> AuditEntry:
        return AuditEntry(at=self.clock.now(), actor="Ann Example", action=action)

    def state(self, code: str) -> PostState:
        return state_of(self.posts[code])

    def runner(
        self,
        name: str = "runner",
        crashpoint: Crashpoint = no_crash,
        *,
        serves: Callable[[Account], bool] = lambda _: True,
        sender_gone: bool = False,
    ) -> Runner:
        """A runner that has announced itself."""
        deliverer = Deliverer(
            storage=self.storage,
            publisher_for=lambda account: self.networks[account.handle],
            clock=self.clock,
            runner_id=name,
            mode=Mode.LIVE,
            report=self.events.append,
            sender_gone=lambda _runner: sender_gone,
            crashpoint=crashpoint,
        )
        runner = Runner(deliverer=deliverer, serves=serves)
        runner.begin(host="here", pid=1)
        return runner

    def run_until(self, end: datetime, runner: Runner) -> Beat:
        """Let a runner work, jumping from due time to due time, up to an instant."""
        return work_until(end, runner, self.clock)


def a_small_campaign(folder: Path, *sketches: Sketch, policy: Policy | None = None, url: str | None = None) -> Small:
    """These posts, planned, signed off and started, at the slot of the first."""
    clock = VirtualClock(MONDAY)
    storage = a_storage(url or f"sqlite:///{folder / 'campaign.db'}", clock)
    for campaign in dict.fromkeys(sketch.campaign for sketch in sketches):
        plan(storage, [sketch for sketch in sketches if sketch.campaign == campaign], policy or Policy())
    clock.advance_to(min(sketch.due_at for sketch in sketches))
    networks = {handle: FaultyNetwork(clock, handle) for handle in sorted({sketch.account for sketch in sketches})}
    return Small(storage=storage, clock=clock, networks=networks)
