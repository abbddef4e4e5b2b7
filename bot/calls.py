"""Calls to a network: what it is asked for, what it answered, and the lasting record of each try. Frozen values.

Instants are aware datetimes in UTC (``*_at``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model import Receipt


class Verdict(StrEnum):
    """What one call to the network told us (reliability: the three columns, and success)."""

    SENT = "sent"
    NOT_SENT = "not_sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Refusal(StrEnum):
    """Why the network said no; decides what stops: the message, the account for a while, or the account."""

    REJECTED = "rejected"
    DUPLICATE = "duplicate"
    RATE_LIMITED = "rate_limited"
    UNAUTHORISED = "unauthorised"
    FORBIDDEN = "forbidden"
    NO_CREDIT = "no_credit"


ALREADY_THERE = "a post with this very text already"
"""Said in the reason of every refusal as a duplicate."""

PARENT_GONE = "The post that this one replies to is gone from X"
"""Said in the reason of every refusal of a reply to nothing."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The result of one call. ``reason`` is plain English without names or texts; ``retry_at`` may be given
    with RATE_LIMITED. ``receipt`` stands exactly when the verdict is SENT."""

    verdict: Verdict
    reason: str = ""
    receipt: Receipt | None = None
    refusal: Refusal | None = None
    status: int | None = None
    retry_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """What a publisher is asked to send: frozen text, uploaded pictures' ids, and the post it replies to."""

    text: str
    media_ids: tuple[str, ...] = ()
    in_reply_to: str | None = None


@dataclass(frozen=True, kw_only=True)
class SeenPost:
    """A post found on the account's own timeline. ``text`` is as the author wrote it: unescaped, links
    expanded, NFC; ``url`` is where a person can look at it."""

    network_id: str
    text: str
    posted_at: datetime
    url: str
    in_reply_to: str | None = None


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who the credentials belong to."""

    user_id: str
    handle: str
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One try at one message. While ``closed_at`` is None its account sends nothing else.

    ``fence`` is that of the lease it was made under. ``verdict`` is set when its sender has seen the call end.
    ``settle_from`` is when the call is known to have ended or its sender was replaced: absence is counted from there.
    """

    attempt_id: int
    campaign_id: int
    account_id: int
    message_id: int
    attempt_no: int
    runner_id: str
    in_reply_to: str | None
    called_at: datetime
    closed_at: datetime | None = None
    verdict: Verdict | None = None
    reason: str = ""
    looks: int = 0
    absent_looks: int = 0
    next_look_at: datetime | None = None
    fence: int = 0
    settle_from: datetime | None = None
