"""The frozen values that the whole product speaks in. No behaviour beyond what a value knows about itself.

Instants are aware datetimes in UTC (``*_at``). Slots are naive local wall-clock times in the campaign's zone
(``*local``). Money is in US dollars, durations are ``timedelta``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.consent import Consent
from bot.contribution import Contribution
from bot.wishes import Gap


class Mode(StrEnum):
    """Practice sends nothing; live sends."""

    PRACTICE = "practice"
    LIVE = "live"


class SeriesKind(StrEnum):
    """What a series makes posts about."""

    WORKERS = "workers"
    ORGANISATIONS = "organisations"
    WINNER = "winner"
    CONTRIBUTIONS = "contributions"
    OPENING = "opening"
    CLOSING = "closing"
    CORRECTION = "correction"


class MessageState(StrEnum):
    """Where one message stands. The only list of message states there is."""

    PENDING = "pending"
    SENDING = "sending"
    POSTED = "posted"
    FAILED = "failed"
    UNKNOWN = "unknown"
    HELD = "held"
    DELETED = "deleted"


class Standing(StrEnum):
    """The part of a post's state that people and the calendar decide; the rest follows from its messages."""

    DRAFT = "draft"
    APPROVED = "approved"
    MISSED = "missed"
    SKIPPED = "skipped"


class PostState(StrEnum):
    """Where a post stands: a pure function of its standing and its messages (``lifecycle.post_state``)."""

    DRAFT = "draft"
    APPROVED = "approved"
    SENDING = "sending"
    POSTED = "posted"
    PARTIAL = "partial"
    FAILED = "failed"
    UNKNOWN = "unknown"
    HELD = "held"
    DELETED = "deleted"
    MISSED = "missed"
    SKIPPED = "skipped"


class Severity(StrEnum):
    """An error blocks sign-off; a warning is shown."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, kw_only=True)
class Worker:
    """One row of the ranked list. Handles are without ``@``; ``photo`` is a path relative to the list."""

    worker_id: str
    rank: int
    tied: bool = False
    name: str
    organisation_id: str
    organisation: str
    count: int | None = None
    handle: str | None = None
    organisation_handle: str | None = None
    photo: str | None = None
    alt_text: str | None = None
    pronouns: str | None = None
    consent: Consent | None = None


@dataclass(frozen=True, kw_only=True)
class Organisation:
    """An organisation of the list, with its workers' ids in rank order. ``count`` is the sum of their counts."""

    organisation_id: str
    name: str
    handle: str | None = None
    worker_ids: tuple[str, ...]
    count: int | None = None


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """The list as loaded, workers in rank order, organisations by their best; for a day, all that was sent in."""

    workers: tuple[Worker, ...] = ()
    organisations: tuple[Organisation, ...] = ()
    contributions: tuple[Contribution, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A local wall-clock time in the campaign's zone, and the one instant at which it is due."""

    local: datetime
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class Media:
    """A picture as it will be sent: content hash (sha256, hex), MIME type, size in bytes, alternative text."""

    sha256: str
    mime: str
    size: int
    alt_text: str


@dataclass(frozen=True, kw_only=True)
class Draft:
    """One message before it is stored: text and pictures exactly as they will be sent."""

    text: str
    media: tuple[Media, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PostKey:
    """What makes a post the same post in the next plan. Renaming a person keeps it."""

    series: str
    subject_id: str
    account_id: int
    edition: int = 0


@dataclass(frozen=True, kw_only=True)
class PlannedPost:
    """One post as the planner made it."""

    key: PostKey
    kind: SeriesKind
    code: str
    slot: Slot
    messages: tuple[Draft, ...]
    in_reply_to: str | None = None
    wording: int = 0


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """The network's answer. ``adopted`` when it was found by looking instead of being answered."""

    network_id: str
    url: str
    posted_at: datetime
    adopted: bool = False


@dataclass(frozen=True, kw_only=True)
class Message:
    """One text as stored. ``attempts`` counts the calls that were made for it; ``in_doubt`` that nobody knows yet
    whether the last of them put it on the network."""

    message_id: int
    position: int
    draft: Draft
    state: MessageState = MessageState.PENDING
    reason: str = ""
    receipt: Receipt | None = None
    attempts: int = 0
    not_before: datetime | None = None
    in_doubt: bool = False


@dataclass(frozen=True, kw_only=True)
class Approval:
    """A sign-off: who, when, and the digest and slot that were signed."""

    by: str
    at: datetime
    digest: str
    plan_code: str


@dataclass(frozen=True, kw_only=True)
class Post:
    """One post as stored, with its messages in order."""

    post_id: int
    campaign_id: int = 0
    key: PostKey
    kind: SeriesKind
    code: str
    slot: Slot
    digest: str
    messages: tuple[Message, ...]
    standing: Standing = Standing.DRAFT
    standing_reason: str = ""
    approval: Approval | None = None
    moved_by_hand: bool = False
    in_reply_to: str | None = None
    wording: int = 0

    @property
    def is_signed(self) -> bool:
        """Signed off as it stands: the sign-off is for what it says now."""
        return self.approval is not None and self.approval.digest == self.digest


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a check found. ``part`` counts from 1; ``post_code`` is empty for the whole campaign. ``accepted`` says who
    waived (an error) or ticked (a warning) it and why; then it blocks nothing and asks for nothing."""

    rule: str
    severity: Severity
    message: str
    remedy: str = ""
    post_code: str = ""
    part: int | None = None
    accepted: str = ""

    @property
    def blocks(self) -> bool:
        """An error that nobody has waived."""
        return self.severity is Severity.ERROR and not self.accepted

    @property
    def asks(self) -> bool:
        """A warning that nobody has ticked."""
        return self.severity is Severity.WARNING and not self.accepted


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account posts go out on, as stored. ``handle`` is without ``@``.

    ``proof`` is the fingerprint of the credentials that ``doctor --online`` saw to belong to this account.
    ``stopped`` is the reason why nothing goes out on it until a person acts; ``resume_at`` ends a rate limit.
    """

    account_id: int
    network: str
    handle: str
    user_id: str | None = None
    proof: str | None = None
    proved_at: datetime | None = None
    stopped: str = ""
    resume_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class CampaignRecord:
    """A campaign as stored. ``settings`` is the frozen JSON text (``bot.settings``); ``mode`` is how it was started."""

    campaign_id: int
    name: str
    settings: str = "{}"
    config_digest: str = ""
    plan_code: str = ""
    planned_at: datetime | None = None
    mode: Mode = Mode.PRACTICE
    started_at: datetime | None = None
    started_by: str = ""
    paused_at: datetime | None = None
    paused_by: str = ""
    pause_reason: str = ""


@dataclass(frozen=True, kw_only=True)
class RunnerRecord:
    """A runner that has announced itself in the database. ``boot_id`` and ``process_started`` are what
    ``platform.ProcessIdentity`` keeps, so that another runner can tell whether it is gone for sure."""

    runner_id: str
    host: str
    pid: int
    started_at: datetime
    heartbeat_at: datetime
    stopped_at: datetime | None = None
    boot_id: str = ""
    process_started: str = ""


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """Who did what, when. ``note`` may hold personal values and can be erased; ``detail`` never does."""

    at: datetime
    actor: str
    action: str
    post_code: str = ""
    detail: str = ""
    note: str = ""
