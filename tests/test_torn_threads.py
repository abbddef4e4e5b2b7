"""Threads of which a part was deleted, or was noted under a wrong clock: what is left of them goes nowhere by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.decisions import not_there
from bot.lifecycle import Miss, Policy, Send, Wait, next_step
from bot.model import Approval, Message, MessageState, Post, Receipt, Standing
from tests.samples import winner_post


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
