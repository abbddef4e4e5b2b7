"""Pure: what delivery does next on one account, from one consistent look at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.lifecycle import Miss, Policy, Rest, Send, Step, Wait, limit_end, next_step
from bot.model import CampaignRecord, MessageState, Post
from bot.settings import settings_from_json
from bot.storage.leases import LEASE, RENEW_BELOW
from bot.storage.looking import Glance, Work

_JUST_AFTER = timedelta(seconds=1)
_LONGEST_BETWEEN_LOOKS = timedelta(minutes=3)
"""A look that is further away was set by a clock that has gone back since."""
FELL_INTO_PAUSE = "Its slot fell into a pause."


@dataclass(frozen=True, kw_only=True)
class Dispatch:
    """Send this message of this post now."""

    post: Post
    send: Send


@dataclass(frozen=True, kw_only=True)
class GiveUp:
    """This post's time has passed: it waits for a person."""

    post: Post
    reason: str


@dataclass(frozen=True, kw_only=True)
class Idle:
    """Nothing to do before ``until``; None when nothing will happen here by itself."""

    until: datetime | None


@dataclass(frozen=True, kw_only=True)
class Settle:
    """A call has an unknown outcome, and it is time to look."""


Move = Dispatch | GiveUp | Idle | Settle


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What came of a move: it ``goes_on`` at once, or there is nothing to do ``until`` then (None: by itself never)."""

    until: datetime | None = None
    goes_on: bool = False


def leave_alone(glance: Glance, now: datetime, is_gone: Callable[[str], bool]) -> Idle | None:
    """Why an account need not even be looked at: nothing is due there, or another runner has it. Until when."""
    if not glance.any_due and not glance.any_open:
        return Idle(until=glance.next_due_at)
    if glance.holder and not is_gone(glance.holder):
        return Idle(until=now + LEASE - RENEW_BELOW)
    return None


def next_move(work: Work, now: datetime) -> Move:
    """The first thing to do, in the order of the slots. A post that only waits a moment keeps its turn.

    While a call is open nothing else happens on the account.
    """
    if work.open_attempt is not None:
        look_at = work.open_attempt.next_look_at
        soon = look_at is not None and now < look_at <= now + _LONGEST_BETWEEN_LOOKS
        return Idle(until=look_at) if soon else Settle()
    for post in work.due:
        campaign = work.campaigns[post.campaign_id]
        step = _step(campaign, post, work, now)
        if isinstance(step, Miss):
            return GiveUp(post=post, reason=step.reason)
        if isinstance(step, Rest):
            continue
        if work.account.stopped:
            return Idle(until=_give_up_at(work, now))
        start = step.until if isinstance(step, Wait) else now
        limited = limit_end(work.account.resume_at, now)
        if limited is not None and limited > start:
            start = limited
        if start > now:
            return Idle(until=_earliest(start, _give_up_at(work, now)))
        if isinstance(step, Send):
            return Dispatch(post=post, send=step)
    return Idle(until=work.next_due_at)


def _step(campaign: CampaignRecord, post: Post, work: Work, now: datetime) -> Step:
    step = next_step(post, now=now, policy=policy_of(campaign), last_sent_at=work.last_sent_at)
    if campaign.paused_at is None or isinstance(step, Rest):
        return step
    begun = any(message.state is not MessageState.PENDING for message in post.messages)
    return Rest() if begun else Miss(reason=FELL_INTO_PAUSE)


def _give_up_at(work: Work, now: datetime) -> datetime | None:
    """When the next waiting post becomes too late, or the next one falls due: either needs a look."""
    limits = [
        post.slot.due_at + policy_of(work.campaigns[post.campaign_id]).lateness_limit + _JUST_AFTER for post in work.due
    ]
    coming = [limit for limit in limits if limit > now]
    return _earliest(min(coming, default=None), work.next_due_at)


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    known = [instant for instant in (one, other) if instant is not None]
    return min(known, default=None)


def policy_of(campaign: CampaignRecord) -> Policy:
    """The rules about time that the campaign's plan froze."""
    return settings_from_json(campaign.settings).policy
