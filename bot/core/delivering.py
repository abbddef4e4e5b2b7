"""Delivery: intent committed, one call, result committed; then the next.

One ``Deliverer`` serves all accounts of one database for one runner. It decides nothing by itself: the pure modules
``lifecycle``, ``choosing`` and ``settling`` say what follows from what is known, and storage re-checks it all inside
the transaction that commits the intent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.core.choosing import Dispatch, GiveUp, Idle, next_move, policy_of
from bot.core.settling import Doubt, adopt, conclude, find, is_good_look, look_since
from bot.decisions import miss
from bot.lifecycle import Change, after_outcome, state_of
from bot.model import Account, Attempt, AuditEntry, Message, Mode, Outcome, Outgoing, Post, PostState, Verdict
from bot.publishers import LookError, Publisher, UploadError
from bot.storage import Storage
from bot.storage.delivery import Work

_AGAIN_SOON = timedelta(seconds=1)
_KNOWN_SPAN = timedelta(hours=24)
ACTOR = "campaign-bot"


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that happened to a post. ``part`` counts from 1; ``late`` is how long after its slot it went out."""

    at: datetime
    code: str
    state: PostState
    subject_id: str
    part: int = 1
    parts: int = 1
    reason: str = ""
    late: timedelta = timedelta(0)
    url: str = ""


Report = Callable[[Event], None]
Crashpoint = Callable[[str], None]


def no_crash(_name: str) -> None:
    """In production a crash point is nothing; tests put a crash or a freeze in its place."""


@dataclass(frozen=True, kw_only=True)
class Deliverer:
    """Publishes what is due, and settles what is in doubt. ``publisher_for`` may raise errors of our own tree."""

    storage: Storage
    publisher_for: Callable[[Account], Publisher]
    clock: Clock
    runner_id: str
    mode: Mode
    report: Report
    sender_gone: Callable[[Attempt], bool]
    crashpoint: Crashpoint = no_crash

    def serve(self, account_id: int) -> datetime | None:
        """Do all that can be done on an account now. Returns when to look again; None when nothing will come."""
        while True:
            now = self.clock.now()
            work = self.storage.delivery.work(account_id, mode=self.mode, now=now)
            if work.open_attempt is not None:
                wake = self._settle(work, work.open_attempt, now)
                if wake is not None:
                    return wake
                continue
            match next_move(work, now):
                case Idle(until=until):
                    return until
                case GiveUp() as lost:
                    self._give_up(lost)
                case Dispatch() as dispatch:
                    if not self._send(dispatch, work.account):
                        return self.clock.now() + _AGAIN_SOON

    def _give_up(self, lost: GiveUp) -> None:
        entry = self._entry("missed", lost.post, lost.reason)
        post = self.storage.delivery.decide(lost.post.campaign_id, lost.post.post_id, miss(lost.reason), entry=entry)
        self._tell(post, part=1, reason=lost.reason)

    def _send(self, dispatch: Dispatch, account: Account) -> bool:
        """One message, once. False when something moved in between and it was not sent."""
        post, message = dispatch.post, dispatch.send.message
        publisher = self.publisher_for(account)
        media_ids = self._upload(publisher, post, message, account)
        if media_ids is None:
            return False
        self.crashpoint("before intent")
        attempt = self.storage.delivery.record_intent(
            post, message, in_reply_to=dispatch.send.in_reply_to, runner_id=self.runner_id, now=self.clock.now()
        )
        if attempt is None:
            return False
        self.crashpoint("after intent")
        outgoing = Outgoing(text=message.draft.text, media_ids=media_ids, in_reply_to=dispatch.send.in_reply_to)
        outcome = _call(publisher, outgoing)
        self.crashpoint("after call")
        change = after_outcome(outcome, attempt_no=attempt.attempt_no, now=self.clock.now())
        self._record(attempt, outcome, change, post, message)
        self.crashpoint("after result")
        return True

    def _upload(self, publisher: Publisher, post: Post, message: Message, account: Account) -> tuple[str, ...] | None:
        """Pictures go up before the intent: one that nobody uses harms nothing."""
        try:
            return tuple(
                publisher.upload(media, self.storage.plans.picture(media.sha256)) for media in message.draft.media
            )
        except UploadError as error:
            change = after_outcome(error.outcome, attempt_no=len(message.draft.media) + 2, now=self.clock.now())
            self.storage.delivery.record_obstacle(message, account.account_id, change)
            self._tell(post, part=message.position + 1, reason=change.reason)
            return None

    def _record(self, attempt: Attempt, outcome: Outcome, change: Change, post: Post, message: Message) -> None:
        part = message.position + 1
        detail = f"part {part} of {len(post.messages)}, call {attempt.attempt_no}: {change.state}"
        entry = self._entry(change.state.value, post, f"{detail}. {change.reason}".strip())
        now_is = self.storage.delivery.record_result(attempt, outcome, change, now=self.clock.now(), entry=entry)
        if now_is is not None:
            self._tell(now_is, part=part, reason=change.reason)

    def _settle(self, work: Work, attempt: Attempt, now: datetime) -> datetime | None:
        """Look for what an unclear call has made. Returns when to look again, or None when it is settled."""
        if attempt.next_look_at is not None and now < attempt.next_look_at:
            return attempt.next_look_at
        doubt = self._doubt(attempt)
        known = self.storage.delivery.receipts_since(attempt.account_id, attempt.called_at - _KNOWN_SPAN)
        try:
            seen = self.publisher_for(work.account).recent(look_since(attempt, known))
        except LookError:
            return self._look_again(doubt, absent=False)
        found = find(doubt, seen, known)
        if found is None:
            return self._look_again(doubt, absent=is_good_look(seen, known))
        self._record(attempt, Outcome(verdict=Verdict.SENT), adopt(found), doubt.post, doubt.message)
        return None

    def _look_again(self, doubt: Doubt, *, absent: bool) -> datetime | None:
        attempt = doubt.attempt
        self.storage.delivery.record_look(attempt, absent=absent)
        looks, absent_looks = attempt.looks + 1, attempt.absent_looks + (1 if absent else 0)
        change = conclude(doubt, absent_looks=absent_looks, looks=looks, now=self.clock.now())
        if change is None:
            after = self.storage.delivery.open_attempt(attempt.account_id)
            return after.next_look_at if after else None
        self._record(attempt, Outcome(verdict=Verdict.UNKNOWN), change, doubt.post, doubt.message)
        return None

    def _doubt(self, attempt: Attempt) -> Doubt:
        post, message = self.storage.delivery.message_of(attempt)
        campaign = self.storage.campaigns.get(attempt.campaign_id)
        return Doubt(
            attempt=attempt,
            post=post,
            message=message,
            policy=policy_of(campaign),
            paused=campaign.paused_at is not None,
            sender_gone=attempt.runner_id == self.runner_id or self.sender_gone(attempt),
        )

    def _tell(self, post: Post, *, part: int, reason: str) -> None:
        message = post.messages[part - 1]
        sent = message.receipt is not None
        late = message.receipt.posted_at - post.slot.due_at if message.receipt and part == 1 else timedelta(0)
        self.report(
            Event(
                at=self.clock.now(),
                code=post.code,
                state=PostState.POSTED if sent and not reason else state_of(post),
                subject_id=post.key.subject_id,
                part=part,
                parts=len(post.messages),
                reason=reason,
                late=max(late, timedelta(0)),
                url=message.receipt.url if message.receipt else "",
            )
        )

    def _entry(self, action: str, post: Post, detail: str) -> AuditEntry:
        return AuditEntry(at=self.clock.now(), actor=ACTOR, action=action, post_code=post.code, detail=detail)


def _call(publisher: Publisher, outgoing: Outgoing) -> Outcome:
    """The one call. Whatever goes wrong in a way nobody foresaw, the answer is: we do not know."""
    try:
        return publisher.publish(outgoing)
    except Exception as error:  # noqa: BLE001  # anything unforeseen after the intent means "outcome unknown"
        return Outcome(
            verdict=Verdict.UNKNOWN, reason=f"The call ended in a way nobody foresaw ({type(error).__name__})."
        )


def serve_in_turn(deliverer: Deliverer, accounts: Sequence[Account]) -> list[datetime | None]:
    """One account after the other: for virtual clocks, where order must be the same every time."""
    return [deliverer.serve(account.account_id) for account in accounts]
