"""The whole campaign through the very same engine, on a virtual clock, a throw-away copy and a gateway to nowhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.clock import VirtualClock
from bot.core.delivering import Deliverer, Event
from bot.core.desk import Desk
from bot.core.running import Runner
from bot.lifecycle import state_of
from bot.model import Approval, Mode, Post, PostState
from bot.publishers.dry_run import DryRunPublisher
from bot.storage import Storage

_AT_LEAST = timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """What would have happened. ``assumed`` are posts that were taken to be signed off, though they are not yet."""

    events: tuple[Event, ...]
    posts: tuple[Post, ...]
    assumed: tuple[str, ...]
    ended_at: datetime


def rehearse(desk: Desk, copy: Storage, *, progress: Callable[[Event], None] = lambda _: None) -> Rehearsal:
    """Run the campaign in ``copy``, a throw-away copy of the desk's database, from now to its end."""
    clock = VirtualClock(desk.clock.now())
    stage = replace(desk, storage=copy, clock=clock, actor="rehearsal")
    assumed = _sign_everything(stage)
    record = stage.planned()
    if record.paused_at is not None:
        copy.campaigns.record_resume(record.campaign_id, stage.entry("resume"), reason="")
    copy.campaigns.clear_stops(record.campaign_id, stage.entry("resume"))
    copy.campaigns.record_start(record.campaign_id, Mode.PRACTICE, stage.entry("start"))
    events: list[Event] = []

    def report(event: Event) -> None:
        events.append(event)
        progress(event)

    _run(_runner(copy, clock, report), clock)
    return Rehearsal(
        events=tuple(events),
        posts=copy.plans.posts(record.campaign_id),
        assumed=assumed,
        ended_at=clock.now(),
    )


def _runner(copy: Storage, clock: VirtualClock, report: Callable[[Event], None]) -> Runner:
    publishers: dict[int, DryRunPublisher] = {}
    return Runner(
        deliverer=Deliverer(
            storage=copy,
            publisher_for=lambda account: publishers.setdefault(
                account.account_id, DryRunPublisher(clock, account.handle)
            ),
            clock=clock,
            runner_id="rehearsal",
            mode=Mode.PRACTICE,
            report=report,
            sender_gone=lambda _: True,
        )
    )


def _run(runner: Runner, clock: VirtualClock) -> None:
    """From beat to beat, jumping over the time in between, until nothing happens by itself any more."""
    runner.begin(host="rehearsal", pid=0)
    while True:
        beat = runner.tick()
        if beat.finished or beat.next_at is None:
            return
        clock.advance_to(max(beat.next_at, clock.now() + _AT_LEAST))


def _sign_everything(stage: Desk) -> tuple[str, ...]:
    record = stage.planned()
    drafts = tuple(post for post in stage.posts() if state_of(post) is PostState.DRAFT)
    now = stage.clock.now()
    approvals = {
        post.post_id: Approval(by="rehearsal", at=now, digest=post.digest, plan_code=record.plan_code)
        for post in drafts
    }
    stage.storage.plans.approve(record.campaign_id, approvals, seen=record.plan_code, entry=stage.entry("approve"))
    return tuple(post.code for post in drafts)
