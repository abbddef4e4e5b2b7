"""Threads of which a part was deleted, or was noted under a wrong clock: what is left of them goes nowhere by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.calls import Outcome, Refusal, Verdict
from bot.core.delivering import Event
from bot.core.desk import Desk
from bot.core.mending import correct_by_reply, delete_post
from bot.core.telling import asks
from bot.decisions import not_there
from bot.errors import CampaignBotError, NetworkRefusedError, PersonNeededError
from bot.lifecycle import Miss, Policy, Send, Wait, next_step
from bot.model import Approval, Message, MessageState, Post, PostState, Receipt, Standing
from tests.campaigns import FaultyNetwork
from tests.samples import winner_post
from tests.small import a_small_campaign
from tests.torture.world import CAMPAIGN, MONDAY, Sketch


def thread(*states: MessageState, posted_at: datetime | None = None) -> Post:
    """A signed thread of which each part is in this state."""
    post = winner_post(*(f"Part {number}." for number in range(1, len(states) + 1)), standing=Standing.APPROVED)
    at = posted_at or post.slot.due_at
    messages = tuple(noted(message, state, at) for message, state in zip(post.messages, states, strict=True))
    approval = Approval(by="Ann Example", at=post.slot.due_at, digest=post.digest, plan_code="ABCD")
    return replace(post, messages=messages, approval=approval)


def noted(message: Message, state: MessageState, at: datetime) -> Message:
    out = state in {MessageState.POSTED, MessageState.DELETED}
    receipt = Receipt(network_id=f"{message.position + 1}", url="", posted_at=at) if out else None
    return replace(message, state=state, receipt=receipt, in_doubt=state is MessageState.HELD)


def test_a_part_that_is_not_there_is_not_sent_when_a_part_before_it_was_deleted() -> None:
    torn = thread(MessageState.DELETED, MessageState.HELD)
    update = not_there(torn.slot)(torn)
    assert update.standing is Standing.SKIPPED
    assert update.standing_reason == "Deleted before all of it was sent."
    assert update.slot is None


def test_a_part_that_is_not_there_is_sent_when_the_part_before_it_is_out() -> None:
    whole = thread(MessageState.POSTED, MessageState.HELD)
    update = not_there(whole.slot)(whole)
    assert update.standing is Standing.APPROVED
    assert update.slot == whole.slot


def test_a_receipt_that_a_wrong_clock_dated_into_the_future_holds_nothing_up() -> None:
    post = thread(MessageState.POSTED, MessageState.PENDING)
    now = post.slot.due_at + timedelta(minutes=5)
    tomorrow = thread(MessageState.POSTED, MessageState.PENDING, posted_at=now + timedelta(days=1))
    assert isinstance(next_step(tomorrow, now=now, policy=Policy(), last_sent_at=None), Send)
    too_late = now + Policy().lateness_limit
    assert isinstance(next_step(tomorrow, now=too_late, policy=Policy(), last_sent_at=None), Miss)
    just_now = thread(MessageState.POSTED, MessageState.PENDING, posted_at=now + timedelta(seconds=1))
    assert isinstance(next_step(just_now, now=now, policy=Policy(), last_sent_at=None), Wait)


def test_a_wait_that_a_wrong_clock_set_far_into_the_future_holds_nothing_up() -> None:
    post = thread(MessageState.PENDING)
    now = post.slot.due_at + timedelta(minutes=5)
    for wait, kept in ((timedelta(seconds=60), True), (timedelta(seconds=61), False), (timedelta(days=1), False)):
        waiting = replace(post, messages=(replace(post.messages[0], not_before=now + wait),))
        step = next_step(waiting, now=now, policy=Policy(), last_sent_at=None)
        assert isinstance(step, Wait if kept else Send)
    for ago, kept in ((timedelta(seconds=5), True), (timedelta(days=-1), False)):
        step = next_step(post, now=now, policy=Policy(), last_sent_at=now - ago)
        assert isinstance(step, Wait if kept else Send)


class Deleting(FaultyNetwork):
    """Remembers what it was asked to delete, and says so from the second time on."""

    asked: tuple[str, ...] = ()
    then: Outcome | None = None

    def delete(self, network_id: str) -> Outcome:
        self.asked += (network_id,)
        if self.then is not None and len(self.asked) > 1:
            return self.then
        return super().delete(network_id)


@pytest.mark.parametrize(
    ("then", "error", "gone"),
    [
        (None, None, 3),
        (Outcome(verdict=Verdict.UNKNOWN, reason="The answer got lost."), PersonNeededError, 1),
        (Outcome(verdict=Verdict.NOT_SENT, reason="Nobody there."), PersonNeededError, 1),
        (Outcome(verdict=Verdict.REFUSED, reason="No.", refusal=Refusal.FORBIDDEN), NetworkRefusedError, 1),
    ],
)
def test_a_thread_is_deleted_from_its_end_and_only_what_surely_is_gone_counts_as_gone(
    tmp_path: Path, then: Outcome | None, error: type[CampaignBotError] | None, gone: int
) -> None:
    parts = ("Part one", "Part two", "Part three")
    small = a_small_campaign(tmp_path, Sketch(code="t", account="acorn", due_at=MONDAY, texts=parts))
    network = small.networks["acorn"] = Deleting(small.clock, "acorn")
    small.run_until(MONDAY + timedelta(minutes=1), small.runner())
    ids = [message.receipt.network_id for message in small.posts["t"].messages if message.receipt]
    network.then = then
    desk = Desk(storage=small.storage, clock=small.clock, campaign=CAMPAIGN, actor="Ann Example")
    if error is None:
        delete_post(desk, "t", network)
    else:
        with pytest.raises(error):
            delete_post(desk, "t", network)
    states = [message.state for message in small.posts["t"].messages]
    assert list(network.asked) == ids[::-1][: max(gone, 2)]
    assert states == [MessageState.POSTED] * (3 - gone) + [MessageState.DELETED] * gone
    small.storage.close()


def test_the_correction_of_a_thread_replies_to_its_head(tmp_path: Path) -> None:
    small = a_small_campaign(
        tmp_path, Sketch(code="t", account="acorn", due_at=MONDAY, texts=("Part one", "Part two", "Part three"))
    )
    small.run_until(MONDAY + timedelta(minutes=1), small.runner())
    desk = Desk(storage=small.storage, clock=small.clock, campaign=CAMPAIGN, actor="Ann Example")
    head = small.posts["t"].messages[0].receipt
    assert head is not None
    assert correct_by_reply(desk, "t", "That was wrong.").in_reply_to == head.network_id
    small.storage.close()


@pytest.mark.parametrize(("state", "asks_somebody"), [(MessageState.PENDING, False), (MessageState.FAILED, True)])
def test_a_thread_asks_somebody_only_when_it_does_not_go_on_by_itself(state: MessageState, asks_somebody: bool) -> None:
    post = thread(MessageState.POSTED, state)
    event = Event(
        at=MONDAY,
        campaign=CAMPAIGN,
        account="acorn",
        post=post,
        state=PostState.PARTIAL,
        part=2,
        reason="Nobody there.",
    )
    assert asks(event) == asks_somebody
