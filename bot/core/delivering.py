"""Delivery: intent committed, one call, result committed; then the next.

One ``Deliverer`` serves all accounts of one database for one runner. It decides nothing by itself: the pure modules
``lifecycle``, ``choosing`` and ``settling`` say what follows from what is known, and storage re-checks it all inside
the transaction that commits the intent. An account is served under a lease; whoever has lost it writes nothing more.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.calls import Attempt, Outcome, Outgoing, Refusal, Verdict
from bot.clock import Clock
from bot.core.choosing import Dispatch, GiveUp, Idle, Move, Settle, Turn, next_move, policy_of
from bot.core.guarding import OLDER_COPY, older_copy, pause_all
from bot.core.settling import Doubt, adopt, conclude, find, look_since, tells_absence
from bot.decisions import miss
from bot.errors import CampaignBotError, DatabaseError
from bot.lifecycle import Change, Send, after_outcome, spoken, state_of
from bot.model import Account, AuditEntry, CampaignRecord, Message, Mode, Post, PostState
from bot.publishers import LookError, Publisher, UploadError, server_time_offset
from bot.storage import Storage
from bot.storage.delivery import ForgottenError
from bot.storage.leases import LEASE, RENEW_BELOW, Lease
from bot.storage.looking import Work

log = logging.getLogger(__name__)

_AGAIN_SOON = timedelta(seconds=1)
_KNOWN_SPAN = timedelta(hours=24)
BEGIN_WITHIN = timedelta(seconds=10)
"""A call that has not begun so soon after its intent is not made: the computer stood still meanwhile, and another
runner may have the account. The lease outlasts this and a whole call (45 s against 10 + 20)."""
WARN_OFFSET = timedelta(seconds=60)
MOST_OFFSET = timedelta(minutes=5)
"""Slots are kept by this computer's clock: further from the network's than this, nothing more is published."""

ACTOR = "campaign-bot"


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that happened to a post, which is given as it is then.

    Codes are a campaign's own, so each post is named with its campaign (whose name no other in the database has) and
    its account's handle. ``part`` counts from 1; ``late`` is how long after its slot it went out; ``stopped`` says why
    nothing more goes out on the account from now on.
    """

    at: datetime
    campaign: str
    account: str
    post: Post
    state: PostState
    part: int = 1
    reason: str = ""
    stopped: str = ""
    late: timedelta = timedelta(0)
    url: str = ""

    @property
    def code(self) -> str:
        return self.post.code

    @property
    def parts(self) -> int:
        return len(self.post.messages)


Report = Callable[[Event], None]
Crashpoint = Callable[[str], None]


class UnservedError(Exception):
    """The gateway of an account cannot be opened: that is about this account, and no other."""

    def __init__(self, account: Account, cause: CampaignBotError) -> None:
        super().__init__(str(cause))
        self.account = account
        self.cause = cause


@dataclass(frozen=True, kw_only=True)
class Errand:
    """For which campaign something is done on which account, and the lease under which it is."""

    campaign: str
    account: Account
    lease: Lease


def no_crash(_name: str) -> None:
    """In production a crash point is nothing; tests put a crash or a freeze in its place."""


def keep_no_count(_attempt: Attempt) -> None:
    """Practice, rehearsals and tests need no record outside the database."""


def fail(_account: Account, cause: CampaignBotError) -> None:
    """Where every account can be served, one that cannot be is a trouble of the runner."""
    raise cause


@dataclass(frozen=True, kw_only=True)
class Deliverer:
    """Publishes what is due, and settles what is in doubt.

    ``publisher_for`` may raise errors of our own tree; ``unserved`` is told of them, once for each try.

    ``sender_gone`` says whether the runner of an id has ended beyond doubt. ``count`` notes an intent outside the
    database before its call begins; when it raises OSError, no call is made.
    """

    storage: Storage
    publisher_for: Callable[[Account], Publisher]
    clock: Clock
    runner_id: str
    mode: Mode
    report: Report
    sender_gone: Callable[[str], bool]
    crashpoint: Crashpoint = no_crash
    count: Callable[[Attempt], None] = keep_no_count
    unserved: Callable[[Account, CampaignBotError], None] = fail
    _committed: dict[int, int] = field(default_factory=dict, init=False)

    def serve(self, account_id: int) -> datetime | None:
        """Do all that can be done on an account now. Returns when to look again; None when nothing will come."""
        while (turn := self.turn(account_id)).goes_on:
            pass
        return turn.until

    def turn(self, account_id: int) -> Turn:
        """Do one thing on an account, the next that is to be done there.

        The account is claimed when there is something to do, so that runners share what falls due at once; what was
        seen before is judged again inside each transaction.
        """
        try:
            return self._turn(account_id)
        except UnservedError as error:
            self.unserved(error.account, error.cause)
            return Turn(until=self.clock.now() + _AGAIN_SOON)

    def _turn(self, account_id: int) -> Turn:
        work, move = self._look(account_id, self.clock.now())
        if isinstance(move, Idle):
            return Turn(until=move.until if work.open_attempt is None else self._keep(work, move.until))
        lease = self._claim(work)
        if lease is None or not self._act(move, work, lease):
            return Turn(until=self.clock.now() + _AGAIN_SOON)
        return Turn(goes_on=True)

    def _keep(self, work: Work, until: datetime | None) -> datetime:
        """Between two looks a lease would end, and whoever took it would begin to look anew."""
        self._claim(work)
        renew_at = self.clock.now() + LEASE - RENEW_BELOW
        return renew_at if until is None else min(until, renew_at)

    def _look(self, account_id: int, now: datetime) -> tuple[Work, Move]:
        """What comes first decides; only when none of the first few moves, all that is due is read."""
        work = self.storage.delivery.work(account_id, mode=self.mode, now=now, runner_id=self.runner_id, whole=False)
        move = next_move(work, now)
        if isinstance(move, Idle) and work.open_attempt is None and not work.whole:
            work = self.storage.delivery.work(account_id, mode=self.mode, now=now, runner_id=self.runner_id)
            move = next_move(work, now)
        return work, move

    def _claim(self, work: Work) -> Lease | None:
        """The lease that is there, or a new one; None while the account is with another runner that may live."""
        if work.lease is not None:
            return work.lease
        if work.holder and not self.sender_gone(work.holder):
            return None
        account_id = work.account.account_id
        fence = self.storage.delivery.claim(account_id, self.runner_id, now=self.clock.now(), is_gone=self.sender_gone)
        return None if fence is None else Lease(account_id=account_id, runner_id=self.runner_id, fence=fence)

    def _act(self, move: Settle | GiveUp | Dispatch, work: Work, lease: Lease) -> bool:
        """False when something moved in between, and nothing was done."""
        match move:
            case Settle():
                return self._settle(work.account, lease)
            case GiveUp(post=post) as lost:
                return self._give_up(lost, _errand(work, post, lease))
            case Dispatch(post=post) as dispatch:
                return self._send(dispatch, work, _errand(work, post, lease))

    def _give_up(self, lost: GiveUp, errand: Errand) -> bool:
        self.crashpoint("before giving up")
        entry = self._entry("missed", lost.post, lost.reason)
        post = self.storage.delivery.give_up(lost.post, miss(lost.reason), lease=errand.lease, entry=entry)
        if post is not None:
            self._tell(post, errand, part=1, reason=lost.reason)
        return post is not None

    def _open(self, account: Account) -> Publisher:
        try:
            return self.publisher_for(account)
        except DatabaseError:  # which is no matter of this account alone
            raise
        except CampaignBotError as error:
            raise UnservedError(account, error) from error

    def _send(self, dispatch: Dispatch, work: Work, errand: Errand) -> bool:
        """One message, once. False when something moved in between and it was not sent."""
        post, message = dispatch.post, dispatch.send.message
        publisher = self._open(work.account)
        media_ids = self._upload(publisher, post, message, errand)
        if media_ids is None:
            return False
        self.crashpoint("before intent")
        now = self.clock.now()
        if next_move(work, now) != dispatch:  # an upload takes time, and a computer may stand still
            return False
        attempt = self._intend(post, dispatch.send, errand.lease, now)
        if attempt is None:
            return False
        self.crashpoint("after intent")
        outgoing = Outgoing(text=message.draft.text, media_ids=media_ids, in_reply_to=dispatch.send.in_reply_to)
        outcome = self._call_in_time(publisher, outgoing, attempt)
        self.crashpoint("after call")
        change = after_outcome(outcome, attempt_no=attempt.attempt_no, now=self.clock.now())
        change = stopped_by_clock(change, server_time_offset(publisher))
        recorded = self._record(attempt, outcome, change, post, message, errand)
        self.crashpoint("after result")
        return recorded

    def _intend(self, post: Post, send: Send, lease: Lease, now: datetime) -> Attempt | None:
        """None when the message may not be sent any more. Raises PersonNeededError, and pauses all that was started
        for real: a server that failed over to a copy that lags behind has forgotten what this very runner has sent."""
        latest = max(self._committed.values(), default=None)
        try:
            attempt = self.storage.delivery.record_intent(
                post, send.message, in_reply_to=send.in_reply_to, lease=lease, now=now, after=latest
            )
        except ForgottenError:
            self.storage.installation.record_doubt(OLDER_COPY)
            entry = AuditEntry(at=self.clock.now(), actor=ACTOR, action="pause", detail=OLDER_COPY)
            pause_all(self.storage, OLDER_COPY, entry)
            raise older_copy(self.storage, OLDER_COPY) from None
        if attempt is not None:
            self._committed[lease.account_id] = attempt.attempt_id
        return attempt

    def _call_in_time(self, publisher: Publisher, outgoing: Outgoing, attempt: Attempt) -> Outcome:
        """The call, unless the intent could not be counted or has become old before it could begin."""
        try:
            self.count(attempt)
        except OSError as error:
            reason = f"It could not be noted before the call ({error.strerror or error}), so it was not sent."
            return Outcome(verdict=Verdict.NOT_SENT, reason=reason)
        if self.clock.now() - attempt.called_at > BEGIN_WITHIN:
            reason = "The computer stood still just before the call, so it was not sent."
            return Outcome(verdict=Verdict.NOT_SENT, reason=reason)
        return _call(publisher, outgoing)

    def _upload(self, publisher: Publisher, post: Post, message: Message, errand: Errand) -> tuple[str, ...] | None:
        """Pictures go up before the intent: one that nobody uses harms nothing."""
        try:
            return tuple(
                publisher.upload(media, self.storage.plans.picture(media.sha256)) for media in message.draft.media
            )
        except UploadError as error:
            change = after_outcome(error.outcome, attempt_no=len(message.draft.media) + 2, now=self.clock.now())
            now_is = self.storage.delivery.record_obstacle(post, message, change, lease=errand.lease)
            if now_is is not None:
                self._tell_of(change, now_is, errand, part=message.position + 1)
            return None

    def _record(
        self, attempt: Attempt, outcome: Outcome, change: Change, post: Post, message: Message, errand: Errand
    ) -> bool:
        """False when the attempt is in other hands by now, and nothing was written."""
        part = message.position + 1
        detail = f"part {part} of {len(post.messages)}, call {attempt.attempt_no}: {change.state}"
        entry = self._entry(change.state.value, post, f"{detail}. {change.reason}".strip())
        now_is = self.storage.delivery.record_result(
            attempt, outcome, change, lease=errand.lease, now=self.clock.now(), entry=entry
        )
        if now_is is not None:
            self._tell_of(change, now_is, errand, part=part)
        return now_is is not None

    def _settle(self, account: Account, lease: Lease) -> bool:
        """Look for what an unclear call has made; the attempt is read under the lease, which may have changed it."""
        attempt = self.storage.delivery.open_attempt(account.account_id)
        if attempt is None:
            return True
        campaign = self.storage.campaigns.get(attempt.campaign_id)
        doubt = self._doubt(attempt, campaign)
        errand = Errand(campaign=campaign.name, account=account, lease=lease)
        known = self.storage.delivery.receipts_since(attempt.account_id, attempt.called_at - _KNOWN_SPAN)
        publisher, looked_at = self._open(account), self.clock.now()
        self.crashpoint("before look")
        try:
            seen = publisher.recent(look_since(attempt, known))
        except LookError as error:
            reached = error.outcome.refusal not in {None, Refusal.RATE_LIMITED}
            return self._look_again(doubt, errand, absent=False, looked_at=looked_at, reached=reached)
        self.crashpoint("after look")
        found = find(doubt, seen, known)
        if found is None:
            offset = server_time_offset(publisher) or timedelta(0)
            absent = tells_absence(doubt, seen, known, looked_at=looked_at, offset=offset)
            return self._look_again(doubt, errand, absent=absent, looked_at=looked_at)
        return self._record(attempt, Outcome(verdict=Verdict.SENT), adopt(found), doubt.post, doubt.message, errand)

    def _look_again(
        self, doubt: Doubt, errand: Errand, *, absent: bool, looked_at: datetime, reached: bool = True
    ) -> bool:
        attempt = doubt.attempt
        if not self.storage.delivery.record_look(attempt, absent=absent, lease=errand.lease, now=self.clock.now()):
            return False
        self.crashpoint("after noting a look")
        looks, absent_looks = attempt.looks + 1, attempt.absent_looks + (1 if absent else 0)
        change = conclude(
            doubt, absent=absent, absent_looks=absent_looks, looks=looks, looked_at=looked_at, reached=reached
        )
        if change is None:
            return True
        return self._record(attempt, Outcome(verdict=Verdict.UNKNOWN), change, doubt.post, doubt.message, errand)

    def _doubt(self, attempt: Attempt, campaign: CampaignRecord) -> Doubt:
        post, message = self.storage.delivery.message_of(attempt)
        return Doubt(
            attempt=attempt,
            post=post,
            message=message,
            policy=policy_of(campaign),
            paused=campaign.paused_at is not None,
            sender_gone=self._call_has_ended(attempt),
        )

    def _call_has_ended(self, attempt: Attempt) -> bool:
        """Beyond doubt: it was ours, or its sender has recorded an (unclear) end, or its sender is gone."""
        ours = attempt.runner_id == self.runner_id
        return ours or attempt.verdict is not None or self.sender_gone(attempt.runner_id)

    def _tell_of(self, change: Change, post: Post, errand: Errand, *, part: int) -> None:
        self._tell(post, errand, part=part, reason=change.reason, stopped=change.account_stopped)

    def _tell(self, post: Post, errand: Errand, *, part: int, reason: str, stopped: str = "") -> None:
        message = post.messages[part - 1]
        sent = message.receipt is not None
        late = message.receipt.posted_at - post.slot.due_at if message.receipt and part == 1 else timedelta(0)
        self.report(
            Event(
                at=self.clock.now(),
                campaign=errand.campaign,
                account=errand.account.handle,
                post=post,
                state=PostState.POSTED if sent and not reason else state_of(post),
                part=part,
                reason=reason,
                stopped=stopped,
                late=max(late, timedelta(0)),
                url=message.receipt.url if message.receipt else "",
            )
        )

    def _entry(self, action: str, post: Post, detail: str) -> AuditEntry:
        return AuditEntry(at=self.clock.now(), actor=ACTOR, action=action, post_code=post.code, detail=detail)


def _errand(work: Work, post: Post, lease: Lease) -> Errand:
    return Errand(campaign=work.campaigns[post.campaign_id].name, account=work.account, lease=lease)


def _call(publisher: Publisher, outgoing: Outgoing) -> Outcome:
    """The one call. Whatever goes wrong in a way nobody foresaw, the answer is: we do not know."""
    try:
        return publisher.publish(outgoing)
    except Exception as error:  # noqa: BLE001  # anything unforeseen after the intent means "outcome unknown"
        return Outcome(
            verdict=Verdict.UNKNOWN, reason=f"The call ended in a way nobody foresaw ({type(error).__name__})."
        )


def stopped_by_clock(change: Change, offset: timedelta | None) -> Change:
    """Nothing more goes out on the account when this computer's clock is far from the network's."""
    if offset is None or abs(offset) <= WARN_OFFSET:
        return change
    way = "behind" if offset > timedelta(0) else "ahead"
    reason = f"This computer's clock is {spoken(abs(offset))} {way} of the network's. Set it right."
    if abs(offset) <= MOST_OFFSET:
        log.warning("%s", reason)
        return change
    return replace(change, reason=change.reason or reason, account_stopped=change.account_stopped or reason)


def serve_in_turn(deliverer: Deliverer, accounts: Sequence[Account]) -> list[datetime | None]:
    """One account after the other: for virtual clocks, where order must be the same every time."""
    return [deliverer.serve(account.account_id) for account in accounts]
