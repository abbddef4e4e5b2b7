"""What a runner reads and writes. Intent before the call, result after it; each in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from bot.calls import Attempt, Outcome
from bot.decisions import Decision
from bot.lifecycle import Change, next_look_at
from bot.model import Account, AuditEntry, Message, MessageState, Mode, Post, RunnerRecord, Standing
from bot.pulling import VOID
from bot.storage import leases, looking, schema
from bot.storage.engine import Database
from bot.storage.journal import write_entry
from bot.storage.leases import Lease
from bot.storage.looking import Glance, Work
from bot.storage.rows import (
    account_from,
    attempt_from,
    fetch_post,
    fetch_post_of,
    runner_from,
)
from bot.storage.updates import begin_message, refresh_final, update_message, update_post


class ForgottenError(Exception):
    """A call that this runner has committed is unknown to the database: it is an older copy of itself."""


def text_hash(text: str) -> str:
    """Enough to recognise a text in the attempts without storing it there."""
    return hashlib.sha256(text.encode()).hexdigest()


# Statements of every call are built once: building costs more than running them. What they set comes with the values.
_OF_ATTEMPT = schema.attempts.c.attempt_id == sa.bindparam("attempt")
_KNOWN = sa.select(schema.attempts.c.attempt_id).where(_OF_ATTEMPT)
_SENDABLE = (
    sa.select(schema.posts.c.campaign_id)
    .join(schema.accounts, schema.accounts.c.account_id == schema.posts.c.account_id)
    .where(
        schema.posts.c.post_id == sa.bindparam("post"),
        schema.posts.c.standing == Standing.APPROVED.value,
        schema.posts.c.digest == sa.bindparam("digest"),
        schema.posts.c.digest.not_like(f"{VOID}%"),
        schema.posts.c.approved_digest == sa.bindparam("digest"),
        schema.accounts.c.stopped == "",
        ~sa.exists().where(*looking.IS_OPEN),
    )
    .with_for_update(of=schema.posts)
)
# Shared: intents for other accounts need not wait for this one, but a pause waits for all of them. What a database
# that may be an older copy takes for unsent is not sent for real before a person has verified it.
_NO_DOUBT = sa.exists().where(schema.installation.c.doubt == "")
_RUNS = (
    sa.select(schema.campaigns.c.campaign_id)
    .where(
        schema.campaigns.c.campaign_id == sa.bindparam("campaign"),
        schema.campaigns.c.started_at.is_not(None),
        schema.campaigns.c.paused_at.is_(None),
        sa.or_(schema.campaigns.c.mode == Mode.PRACTICE.value, _NO_DOUBT),
    )
    .with_for_update(read=True)
)
_INTEND = sa.insert(schema.attempts).returning(schema.attempts)
_NOTE_LOOK = sa.update(schema.attempts).where(_OF_ATTEMPT)
_NOTE_RESULT = _NOTE_LOOK.where(schema.attempts.c.closed_at.is_(None))
_LOCK_POST = sa.select(schema.posts.c.post_id).where(schema.posts.c.post_id == sa.bindparam("post")).with_for_update()


def nobody_is_gone(_runner_id: str) -> bool:
    """Without a proof every other runner counts as alive, and its lease as good."""
    return False


class Delivery:
    """Intent methods of the runner. Those that take a lease write nothing once it is lost, and say so."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def busy_accounts(self, mode: Mode) -> tuple[Account, ...]:
        """Accounts with posts that are not final, in campaigns that were started in this mode."""
        with self._database.read() as connection:
            return tuple(account_from(row) for row in connection.execute(looking.BUSY_ACCOUNTS, {"mode": mode.value}))

    def glance(self, mode: Mode, *, now: datetime, runner_id: str) -> tuple[Glance, ...]:
        """The same accounts, with whether a runner has anything to do there."""
        with self._database.read() as connection:
            return looking.glance(connection, self._database, mode=mode, now=now, runner_id=runner_id)

    def work(self, account_id: int, *, mode: Mode, now: datetime, runner_id: str = "", whole: bool = True) -> Work:
        """One consistent look at an account; unless ``whole``, at the first few of what is due: a backlog is long."""
        with self._database.read() as connection:
            return looking.look(
                connection, self._database, account_id, mode=mode, now=now, runner_id=runner_id, whole=whole
            )

    def claim(
        self, account_id: int, runner_id: str, *, now: datetime, is_gone: Callable[[str], bool] = nobody_is_gone
    ) -> int | None:
        """Take or renew the lease on an account: its fence, or None while another runner has it.

        Writes nothing while the lease is fresh. ``is_gone`` says whether another owner has surely ended: then its
        lease need not run out. A call that the last owner left open has an unknown outcome from ``now`` on.
        """
        with self._database.read() as connection:
            found = leases.standing(connection, self._database, account_id)
        if found.owner == runner_id and found.is_fresh:
            return found.fence
        is_anothers = found.owner != runner_id and not found.is_over
        gone = found.owner if is_anothers and is_gone(found.owner) else ""
        if is_anothers and not gone and not found.is_endless:
            return None
        with self._database.write() as connection:
            return leases.take(connection, self._database, account_id, runner_id, gone=gone, now=now)

    def release(self, runner_id: str) -> None:
        """A runner that ends gives its accounts back, so that the next one need not wait."""
        with self._database.write() as connection:
            leases.free(connection, runner_id)

    def release_all(self) -> None:
        """For whoever holds the lock of a database file: no other runner can be alive, so no lease is."""
        with self._database.write() as connection:
            leases.free(connection)

    def record_intent(
        self,
        post: Post,
        message: Message,
        *,
        in_reply_to: str | None,
        lease: Lease,
        now: datetime,
        after: int | None = None,
    ) -> Attempt | None:
        """Commit that this message is about to be sent. None, and nothing written, when it may not be any more:
        the account was taken over, paused, stopped, changed, unsigned, taken, or its predecessor is not out.
        The lease lasts at least 45 seconds from the commit. Raises ForgottenError when ``after``, an attempt that
        this runner committed before, is not there."""
        with self._database.write() as connection:
            if after is not None and connection.execute(_KNOWN, {"attempt": after}).one_or_none() is None:
                raise ForgottenError
            if not leases.holds_for_a_call(connection, self._database, lease):
                return None
            campaign_id = _may_send(connection, post, message, in_reply_to)
            if campaign_id is None:
                return None
            number = message.attempts + 1
            values = {
                "campaign_id": campaign_id,
                "account_id": post.key.account_id,
                "message_id": message.message_id,
                "attempt_no": number,
                "runner_id": lease.runner_id,
                "fence": lease.fence,
                "text_hash": text_hash(message.draft.text),
                "in_reply_to": in_reply_to,
                "called_at": now,
                "next_look_at": next_look_at(now, 0),
            }
            inserted = connection.execute(_INTEND, values).one()
            begin_message(connection, message.message_id, number)
            return attempt_from(inserted)

    def record_result(
        self, attempt: Attempt, outcome: Outcome, change: Change, *, lease: Lease, now: datetime, entry: AuditEntry
    ) -> Post | None:
        """Commit what came of a call; the post as it is now. None, and nothing written, when somebody else closed it
        or has taken the account over."""
        values: dict[str, object] = {
            "attempt": attempt.attempt_id,
            "verdict": outcome.verdict.value,
            "refusal": outcome.refusal.value if outcome.refusal else "",
            "status": outcome.status,
            "reason": change.reason,
        }
        if change.closes:
            values |= {"closed_at": now, "network_id": change.receipt.network_id if change.receipt else None}
        else:
            values |= {"settle_from": now, "next_look_at": next_look_at(now, 0)}
        with self._database.write() as connection:
            if not leases.holds(connection, lease):
                return None
            if connection.execute(_NOTE_RESULT, values).rowcount != 1:
                return None
            update_message(
                connection, attempt.message_id, change.state, change.reason, change.not_before, change.receipt
            )
            _update_account(connection, attempt.account_id, change)
            write_entry(connection, attempt.campaign_id, entry)
            return refresh_final(connection, attempt.message_id)

    def record_look(self, attempt: Attempt, *, absent: bool, lease: Lease, now: datetime) -> bool:
        """The timeline was read once more for an open attempt, or could not be read. False when the lease is lost.

        Of a call whose end nobody has recorded, the first look at ``now`` is the first moment at which it surely ended;
        so it is where the clock has gone back behind that moment.
        """
        values = {
            "attempt": attempt.attempt_id,
            "looks": attempt.looks + 1,
            "absent_looks": attempt.absent_looks + (1 if absent else 0),
            "settle_from": min(attempt.settle_from or now, now),
            "next_look_at": next_look_at(now, attempt.looks + 1),
        }
        with self._database.write() as connection:
            if not leases.holds(connection, lease):
                return False
            connection.execute(_NOTE_LOOK, values)
            return True

    def open_attempt(self, account_id: int) -> Attempt | None:
        """The call on an account that nobody knows the end of yet."""
        with self._database.read() as connection:
            return looking.open_attempt(connection, account_id)

    def record_obstacle(self, post: Post, message: Message, change: Change, *, lease: Lease) -> Post | None:
        """Something failed before there was anything to call: a picture could not be uploaded. The post as it is now;
        None, and nothing written, when a person has changed it meanwhile."""
        with self._database.write() as connection:
            if not leases.holds(connection, lease) or not _is_unchanged(connection, post):
                return None
            update_message(
                connection, message.message_id, change.state, change.reason, change.not_before, change.receipt
            )
            _update_account(connection, lease.account_id, change)
            return refresh_final(connection, message.message_id)

    def give_up(self, post: Post, decision: Decision, *, lease: Lease, entry: AuditEntry) -> Post | None:
        """The runner's own decision about a post. None, and nothing written, when a person has changed it meanwhile."""
        with self._database.write() as connection:
            if not leases.holds(connection, lease) or not _is_unchanged(connection, post):
                return None
            return update_post(connection, post.campaign_id, post.post_id, decision, entry=entry)

    def receipts_since(self, account_id: int, since: datetime) -> dict[str, datetime]:
        """Network ids of what is known to be on an account, with the instants of posting."""
        table = schema.messages
        query = sa.select(table.c.network_id, table.c.posted_at).where(
            table.c.account_id == account_id, table.c.posted_at >= since, table.c.network_id.is_not(None)
        )
        with self._database.read() as connection:
            return dict(connection.execute(query).all())

    def unfinished(self, mode: Mode) -> int:
        """How many posts of started campaigns are not final."""
        with self._database.read() as connection:
            return connection.execute(looking.UNFINISHED, {"mode": mode.value}).scalar_one()

    def decide(self, campaign_id: int, post_id: int, decision: Decision, *, entry: AuditEntry) -> Post:
        """Let a pure decision look at a post and write what it says, in one transaction; returns the new post."""
        with self._database.write() as connection:
            return update_post(connection, campaign_id, post_id, decision, entry=entry)

    def message_of(self, attempt: Attempt) -> tuple[Post, Message]:
        """The post and message that an attempt is about."""
        with self._database.read() as connection:
            post = fetch_post_of(connection, attempt.message_id)
        return post, next(message for message in post.messages if message.message_id == attempt.message_id)

    def announce(self, runner: RunnerRecord) -> None:
        """A runner has begun."""
        with self._database.write() as connection:
            connection.execute(sa.insert(schema.runners).values(**_columns_of(runner)))

    def heartbeat(self, runner_id: str, now: datetime, *, stopped: bool = False) -> None:
        """A runner is alive, or has ended in good order."""
        table = schema.runners
        values = {"heartbeat_at": now, "stopped_at": now if stopped else None}
        with self._database.write() as connection:
            connection.execute(sa.update(table).where(table.c.runner_id == runner_id).values(values))

    def latest_runner(self) -> RunnerRecord | None:
        """The runner that gave the latest sign of life."""
        table = schema.runners
        with self._database.read() as connection:
            row = connection.execute(sa.select(table).order_by(table.c.heartbeat_at.desc()).limit(1)).one_or_none()
            return runner_from(row) if row is not None else None

    def runner(self, runner_id: str) -> RunnerRecord | None:
        """A runner by its id."""
        table = schema.runners
        with self._database.read() as connection:
            row = connection.execute(sa.select(table).where(table.c.runner_id == runner_id)).one_or_none()
            return runner_from(row) if row is not None else None


def _columns_of(runner: RunnerRecord) -> dict[str, object]:
    return {name: getattr(runner, name) for name in RunnerRecord.__dataclass_fields__}


def _may_send(connection: sa.Connection, post: Post, message: Message, in_reply_to: str | None) -> int | None:
    """The campaign, when everything that was true when delivery looked is still true; locks what could change it."""
    values = {"post": post.post_id, "digest": post.digest, "account": post.key.account_id}
    campaign_id = connection.execute(_SENDABLE, values).scalar_one_or_none()
    if campaign_id is None or connection.execute(_RUNS, {"campaign": campaign_id}).one_or_none() is None:
        return None
    current = fetch_post(connection, post.post_id)
    if current.slot != post.slot or current.messages[message.position] != message:
        return None
    if message.position:
        previous = current.messages[message.position - 1]
        if previous.state is not MessageState.POSTED or not previous.receipt:
            return None
        if previous.receipt.network_id != in_reply_to:
            return None
    found: int = campaign_id
    return found


def _is_unchanged(connection: sa.Connection, post: Post) -> bool:
    """Locks the post."""
    connection.execute(_LOCK_POST, {"post": post.post_id})
    return fetch_post(connection, post.post_id) == post


def _update_account(connection: sa.Connection, account_id: int, change: Change) -> None:
    table = schema.accounts
    values: dict[str, object] = {}
    if change.account_stopped:
        values["stopped"] = change.account_stopped
    if change.account_resume_at:
        values["resume_at"] = change.account_resume_at
    if values:
        connection.execute(sa.update(table).where(table.c.account_id == account_id).values(values))
