"""What became of a call that got no clear answer: the account's own timeline knows.

Found means posted, and is adopted. Not found means nothing before the settle window has passed; after it the message
is held for a person. Only where the campaign's own policy says so is it sent once more, and then only when nobody can
still be sending it.
The protocol and its reasons: docs/delivery.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.calls import Attempt, SeenPost
from bot.lifecycle import MAX_CALLS, SETTLE_WINDOW, Change, Policy
from bot.likeness import Likeness, likeness
from bot.model import Message, MessageState, Post, Receipt

CLOCK_SKEW = timedelta(minutes=2)
"""How far the network's clock and ours may be apart when a post is recognised by its time."""

GOOD_LOOKS = 2
"""Absence is believed only when this many readings showed what must be there, and not this."""

MAX_LOOKS = 9
"""After so many readings that told nothing (six and a half minutes) a person is asked."""

UNREADABLE_FOR = timedelta(minutes=30)
"""So long a network that cannot be reached is waited for: once it answers, it says what is there."""


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """An open attempt with all that bears on it. ``sender_gone`` is true when the call surely has ended."""

    attempt: Attempt
    post: Post
    message: Message
    policy: Policy
    paused: bool
    sender_gone: bool


def find(doubt: Doubt, seen: Iterable[SeenPost], known: Mapping[str, datetime]) -> SeenPost | None:
    """The post on the timeline that this attempt made: same parent, words and links, not older, not another message's.

    One whose links cannot be compared, because X does not say where they lead, may be it and is not taken for it.
    """
    earliest = doubt.attempt.called_at - CLOCK_SKEW
    for candidate in seen:
        if candidate.network_id in known or candidate.posted_at < earliest:
            continue
        alike = likeness(doubt.message.draft.text, candidate.text)
        if candidate.in_reply_to == doubt.attempt.in_reply_to and alike is Likeness.SAME:
            return candidate
    return None


def adopt(found: SeenPost) -> Change:
    """It is out: keep its id."""
    receipt = Receipt(network_id=found.network_id, url=found.url, posted_at=found.posted_at, adopted=True)
    return Change(state=MessageState.POSTED, receipt=receipt)


def look_since(attempt: Attempt, known: Mapping[str, datetime]) -> datetime:
    """From when to read: far enough back that a post known to be there proves the reading good."""
    earliest = attempt.called_at - CLOCK_SKEW
    return min(earliest, max(known.values()) - CLOCK_SKEW) if known else earliest


def is_good_look(seen: Iterable[SeenPost], known: Mapping[str, datetime]) -> bool:
    """The reading shows the newest post that must be there; with nothing known there is nothing to show."""
    if not known:
        return True
    newest = max(known, key=lambda network_id: known[network_id])
    return any(post.network_id == newest for post in seen)


def tells_absence(
    doubt: Doubt, seen: Sequence[SeenPost], known: Mapping[str, datetime], *, looked_at: datetime, offset: timedelta
) -> bool:
    """Whether a reading in which the post was not found says that it is not there.

    Not when this computer's clock is wrong, or was when it called: then times prove nothing, and the reading may not go
    back far enough. Nor when something there says the same words, whatever its time and its links. ``offset`` is that of
    the network's clock.
    """
    if abs(offset) > CLOCK_SKEW or doubt.attempt.called_at > looked_at + CLOCK_SKEW:
        return False
    unclaimed = (post for post in seen if post.network_id not in known)
    alike = any(likeness(doubt.message.draft.text, post.text) is not Likeness.OTHER for post in unclaimed)
    return is_good_look(seen, known) and not alike


def conclude(
    doubt: Doubt, *, absent: bool, absent_looks: int, looks: int, looked_at: datetime, reached: bool = True
) -> Change | None:
    """What follows when it was not found; None while it is too early to say.

    Only a reading that began after the settle window says that it will not come any more: what earlier ones did not
    show may have come since. ``absent`` is what this reading told, ``absent_looks`` how many have told so, this one
    included. ``reached`` is False when the network did not answer, or had no time to.
    """
    since = looked_at - (doubt.attempt.settle_from or doubt.attempt.called_at)
    if absent:
        if since < SETTLE_WINDOW or absent_looks < GOOD_LOOKS:
            return None
        if _may_send_again(doubt, looked_at):
            return Change(state=MessageState.PENDING, reason="X did not take it the first time; sending it once more.")
        return Change(state=MessageState.HELD, reason=_held("the account does not show it"))
    if looks >= MAX_LOOKS and (reached or since >= UNREADABLE_FOR):
        return Change(state=MessageState.HELD, reason=_held("reading the account did not settle it"))
    return None


def _may_send_again(doubt: Doubt, now: datetime) -> bool:
    """By default never: a post may show after any time, and X need not refuse it a second time."""
    if not doubt.policy.sends_unanswered_again:
        return False
    in_time = now - doubt.post.slot.due_at <= doubt.policy.lateness_limit
    return doubt.sender_gone and not doubt.paused and in_time and doubt.attempt.attempt_no < MAX_CALLS


def _held(why: str) -> str:
    return f"X gave no clear answer, and {why}. It may still be out, so it is not sent again before you have looked."
