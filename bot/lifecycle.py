"""Pure decisions about posts: where one stands, what may happen to it next, and what an answer means.

Nothing here reads a clock or a database; callers give ``now`` and get a value back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.calls import Outcome, Refusal, Verdict
from bot.model import Message, MessageState, Post, PostState, Receipt, Standing

SETTLE_WINDOW = timedelta(seconds=120)
"""How long after a call X may still come to show its post; absence means nothing before (reliability, rule 5)."""

LOOK_AFTER = tuple(timedelta(seconds=seconds) for seconds in (5, 10, 30, 75, 30, 60))
"""Waits before the readings of the timeline after a call with an unknown outcome: the first from the call, the others
from the reading before; the last one repeats."""

RETRY_AFTER = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 30, 60))
"""Waits after calls that surely sent nothing; the last one repeats until the lateness limit."""

LONGEST_LIMIT = timedelta(hours=26)
"""No limit of the network lasts longer; one that seems to was noted by a computer whose clock was wrong."""

_FUTURE = timedelta(minutes=2)
"""So far ahead of ours the network's clock may be."""

MAX_CALLS = 3
"""No message is sent by itself more often than this when an earlier outcome was unknown."""

_ACCOUNT_STOPS = {Refusal.UNAUTHORISED, Refusal.FORBIDDEN, Refusal.NO_CREDIT}
_ON_THE_NETWORK = {MessageState.POSTED, MessageState.DELETED}
_UNTOUCHED = {MessageState.PENDING, MessageState.FAILED, MessageState.HELD}


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The campaign's rules about time, frozen with its plan.

    ``sends_unanswered_again``: what X neither answered nor shows after the settle window is sent once more, instead of
    waiting for a person. Then only X's own refusal of duplicates stands between a late post and a double (docs/delivery.md).
    """

    lateness_limit: timedelta = timedelta(minutes=30)
    catch_up_spacing: timedelta = timedelta(seconds=30)
    thread_gap: timedelta = timedelta(seconds=2)
    sends_unanswered_again: bool = False


def post_state(standing: Standing, states: Sequence[MessageState]) -> PostState:
    """The one place where a post's state is derived from its standing and its messages."""
    present = set(states)
    if MessageState.SENDING in present:
        return PostState.SENDING
    if MessageState.UNKNOWN in present:
        return PostState.UNKNOWN
    if present and present <= _ON_THE_NETWORK:
        return PostState.DELETED if MessageState.DELETED in present else PostState.POSTED
    if present & _ON_THE_NETWORK:
        return PostState.PARTIAL
    if standing is Standing.SKIPPED:
        return PostState.SKIPPED
    if MessageState.FAILED in present:
        return PostState.FAILED
    if MessageState.HELD in present:
        return PostState.HELD
    return PostState(standing.value)


def state_of(post: Post) -> PostState:
    """``post_state`` of a stored post."""
    return post_state(post.standing, [message.state for message in post.messages])


def is_final(post: Post) -> bool:
    """Nothing will or can still happen to it without a new decision, and nobody is asked for one."""
    states = {message.state for message in post.messages}
    if states & {MessageState.SENDING, MessageState.UNKNOWN}:
        return False
    return post.standing is Standing.SKIPPED or states <= _ON_THE_NETWORK


def has_begun(post: Post) -> bool:
    """Something of it is out, on its way, or was: its texts are history."""
    return any(message.state not in _UNTOUCHED or message.in_doubt for message in post.messages)


def needs_person(post: Post) -> bool:
    """It waits for somebody: nothing more happens to it by itself."""
    if is_final(post):
        return False
    states = {message.state for message in post.messages}
    stuck = {MessageState.FAILED, MessageState.HELD} | ({MessageState.DELETED} if len(states) > 1 else set())
    return post.standing is Standing.MISSED or bool(states & stuck)


def reason_of(post: Post) -> str:
    """Why it stands where it stands, in plain English; empty when there is nothing to say."""
    for message in post.messages:
        if message.reason and message.state not in _ON_THE_NETWORK:
            return message.reason
    return post.standing_reason


@dataclass(frozen=True, kw_only=True)
class Send:
    """Send this message now, in answer to ``in_reply_to``."""

    message: Message
    in_reply_to: str | None


@dataclass(frozen=True, kw_only=True)
class Wait:
    """Nothing to do before this instant."""

    until: datetime


@dataclass(frozen=True, kw_only=True)
class Miss:
    """Its time has passed: it waits for a person now."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Rest:
    """Nothing happens to it by itself."""


Step = Send | Wait | Miss | Rest


def next_step(post: Post, *, now: datetime, policy: Policy, last_sent_at: datetime | None) -> Step:
    """What delivery does with a post at ``now``. ``last_sent_at`` is the account's latest posting."""
    if post.standing is Standing.DRAFT:
        return Miss(reason="It was not signed off in time.") if now >= post.slot.due_at else Rest()
    if post.standing is not Standing.APPROVED:
        return Rest()
    message = next((message for message in post.messages if message.state is not MessageState.POSTED), None)
    if message is None or message.state is not MessageState.PENDING:
        return Rest()
    previous = post.messages[message.position - 1] if message.position else None
    due = _due_at(post, previous, policy, now)
    if now - due > policy.lateness_limit:
        return Miss(reason=f"It would be more than {spoken(policy.lateness_limit)} late.")
    start = _earliest(due, message.not_before, now=now, policy=policy, last_sent_at=last_sent_at)
    if now < start:
        return Wait(until=start)
    parent = previous.receipt.network_id if previous and previous.receipt else post.in_reply_to
    return Send(message=message, in_reply_to=parent)


def limit_end(resume_at: datetime | None, now: datetime) -> datetime | None:
    """When the limit ends that an account waits for at ``now``; None when it waits for none."""
    return resume_at if resume_at is not None and now < resume_at <= now + LONGEST_LIMIT else None


def too_late_at(post: Post, *, now: datetime, policy: Policy) -> datetime | None:
    """The last instant at which what waits of a signed-off post may begin; None when nothing of it waits to be sent."""
    left = [message for message in post.messages if message.state is not MessageState.POSTED]
    if post.standing is not Standing.APPROVED or not left or left[0].state is not MessageState.PENDING:
        return None
    before = post.messages[left[0].position - 1] if left[0].position else None
    return _due_at(post, before, policy, now) + policy.lateness_limit


def _due_at(post: Post, previous: Message | None, policy: Policy, now: datetime) -> datetime:
    """A head is due at its slot; a later part after the one before it, or when a person moved the slot to later.

    A receipt from the future was written by a computer whose clock was wrong: nothing waits for that.
    """
    if previous is None or previous.receipt is None or previous.receipt.posted_at - now > _FUTURE:
        return post.slot.due_at
    return max(post.slot.due_at, previous.receipt.posted_at + policy.thread_gap)


def _earliest(
    due: datetime, not_before: datetime | None, *, now: datetime, policy: Policy, last_sent_at: datetime | None
) -> datetime:
    """Late posts keep their distance, so that an outage never ends in a burst; punctual ones are not held up.

    A wait that is longer than any, or a posting in the future, was noted by a computer whose clock was wrong: nothing
    waits for that.
    """
    waits = not_before is not None and not_before - now <= RETRY_AFTER[-1]
    start = max(due, not_before) if waits and not_before else due
    if last_sent_at and last_sent_at - now <= _FUTURE and now - due > policy.catch_up_spacing:
        return max(start, last_sent_at + policy.catch_up_spacing)
    return start


@dataclass(frozen=True, kw_only=True)
class Change:
    """What an answer does: to the message, and to the account it was sent on.

    ``closes`` says whether the attempt is over; while it is open nothing else is sent on the account.
    """

    state: MessageState
    reason: str = ""
    receipt: Receipt | None = None
    not_before: datetime | None = None
    account_stopped: str = ""
    account_resume_at: datetime | None = None
    closes: bool = True


def after_outcome(outcome: Outcome, *, attempt_no: int, now: datetime) -> Change:
    """What follows from the answer to the ``attempt_no``-th call for a message (counted from 1)."""
    if outcome.verdict is Verdict.SENT and outcome.receipt:
        return Change(state=MessageState.POSTED, receipt=outcome.receipt)
    if outcome.verdict is Verdict.NOT_SENT:
        wait = RETRY_AFTER[min(attempt_no, len(RETRY_AFTER)) - 1]
        return Change(state=MessageState.PENDING, reason=outcome.reason, not_before=now + wait)
    if outcome.verdict is Verdict.REFUSED:
        return _after_refusal(outcome, attempt_no=attempt_no, now=now)
    return Change(state=MessageState.UNKNOWN, reason=outcome.reason, closes=False)


def _after_refusal(outcome: Outcome, *, attempt_no: int, now: datetime) -> Change:
    if outcome.refusal is Refusal.RATE_LIMITED:
        until = outcome.retry_at or now + timedelta(minutes=15)
        return Change(state=MessageState.PENDING, reason=outcome.reason, account_resume_at=until)
    if outcome.refusal in _ACCOUNT_STOPS:
        return Change(state=MessageState.PENDING, reason=outcome.reason, account_stopped=outcome.reason)
    if outcome.refusal is Refusal.DUPLICATE and attempt_no > 1:
        return Change(state=MessageState.UNKNOWN, reason=outcome.reason, closes=False)
    return Change(state=MessageState.FAILED, reason=outcome.reason)


def next_look_at(now: datetime, looks: int) -> datetime:
    """When to read the timeline for the ``looks + 1``-th time; ``now`` is that of the reading before, or of the call.

    Never counted from further back: where the clock jumps, or a computer stands still, readings would follow in a rush.
    """
    return now + LOOK_AFTER[min(looks, len(LOOK_AFTER) - 1)]


def spoken(duration: timedelta) -> str:
    """A duration as people say it: "30 minutes", "1 hour 5 minutes", "45 seconds"."""
    minutes, seconds = divmod(int(duration.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    named = ((days, "day"), (hours, "hour"), (minutes, "minute"), (seconds, "second"))
    words = [f"{number} {name}{'' if number == 1 else 's'}" for number, name in named if number]
    return " ".join(words[:2]) or "no time"
