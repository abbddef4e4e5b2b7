"""Who may send on an account: a lease by the database's clock, and a fence that shows a late writer that it is late.

Every function works inside the transaction of its caller. A lease that has ended belongs to whoever takes it next, and
until then still to its owner: what counts is the fence, which grows with every change of owner.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.model import MessageState
from bot.storage import schema
from bot.storage.engine import Clock, Database

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""How long an account stays with a runner that gives no sign of life, by the database's clock."""

RENEW_BELOW = timedelta(seconds=45)
"""Whoever is about to act with less than this left renews first. One call, its end included, takes less than 25 s."""

_accounts = schema.accounts
_OF_ACCOUNT = _accounts.c.account_id == sa.bindparam("account")
_STANDING = sa.select(_accounts.c.owner, _accounts.c.fence, _accounts.c.lease_until).where(_OF_ACCOUNT)
_STANDING_NOW = _STANDING.add_columns(Clock().label("clock"))
_FREE_ONE = _STANDING.with_for_update(skip_locked=True, key_share=True)
_MINE = (
    _STANDING.where(_accounts.c.owner == sa.bindparam("runner"), _accounts.c.fence == sa.bindparam("mine"))
).with_for_update(key_share=True)
_RENEW = (
    sa.update(_accounts)
    .where(_accounts.c.account_id == sa.bindparam("account"))
    .values(lease_until=sa.bindparam("until", type_=schema.UtcInstant))
)
_TAKE = (
    sa.update(_accounts)
    .where(_accounts.c.account_id == sa.bindparam("account"))
    .values(
        owner=sa.bindparam("runner"),
        fence=sa.bindparam("next"),
        lease_until=sa.bindparam("until", type_=schema.UtcInstant),
    )
)


@dataclass(frozen=True, kw_only=True)
class Lease:
    """A runner's hold on an account. Whoever writes under it says its fence; a higher one means that it is lost."""

    account_id: int
    runner_id: str
    fence: int


@dataclass(frozen=True, kw_only=True)
class Standing:
    """An account's lease as it is: its owner ("" for none), its fence, and how much of it is left."""

    owner: str
    fence: int
    left: timedelta

    @property
    def is_fresh(self) -> bool:
        return RENEW_BELOW <= self.left <= LEASE

    @property
    def is_over(self) -> bool:
        return self.left <= timedelta(0)

    @property
    def is_endless(self) -> bool:
        """It seems longer than any lease is: it was given by a clock that has gone back since."""
        return self.left > LEASE

    def fresh_for(self, runner_id: str, account_id: int) -> Lease | None:
        """The lease of a runner that need neither take nor renew it."""
        if self.owner != runner_id or not self.is_fresh:
            return None
        return Lease(account_id=account_id, runner_id=runner_id, fence=self.fence)

    def other_than(self, runner_id: str) -> str:
        """Another runner, while its lease lasts; an endless one is to be looked at closely."""
        return "" if self.is_over or self.is_endless or self.owner == runner_id else self.owner


def standing(connection: sa.Connection, database: Database, account_id: int) -> Standing:
    """How it stands; locks nothing."""
    row = connection.execute(_STANDING_NOW, {"account": account_id}).one()
    return standing_of(row, database.told(row.clock))


def standing_of(row: sa.Row[*tuple[Any, ...]], clock: datetime) -> Standing:
    """From a row of ``accounts`` and the time by the database's clock."""
    left = row.lease_until - clock if row.lease_until is not None else timedelta(0)
    return Standing(owner=row.owner, fence=row.fence, left=left)


def take(
    connection: sa.Connection, database: Database, account_id: int, runner_id: str, *, gone: str, now: datetime
) -> int | None:
    """Take or renew; the fence, or None when it is somebody else's. ``gone`` is an owner that surely has ended.

    A row that another runner has locked at this moment is not waited for. A lease that seems endless ends from now on
    as any other does, unless its owner renews it.
    """
    row = connection.execute(_FREE_ONE, {"account": account_id}).one_or_none()
    if row is None:
        return None
    clock = database.now(connection)
    found = standing_of(row, clock)
    values = {"account": account_id, "until": clock + LEASE}
    if found.owner == runner_id:
        if not found.is_fresh:
            connection.execute(_RENEW, values)
        return found.fence
    if not found.is_over and found.owner != gone:
        if found.is_endless:
            connection.execute(_RENEW, values)
        return None
    connection.execute(_TAKE, values | {"runner": runner_id, "next": found.fence + 1})
    _doubt_open_call(connection, account_id, runner_id, now)
    return found.fence + 1


def holds(connection: sa.Connection, lease: Lease) -> bool:
    """Whether the lease still is this runner's; locks the account, so that it stays so until the commit."""
    return _held(connection, lease) is not None


def holds_for_a_call(connection: sa.Connection, database: Database, lease: Lease) -> bool:
    """As ``holds``, and for long enough that a call ends before anybody else may begin one."""
    row = _held(connection, lease)
    if row is None:
        return False
    clock = database.now(connection)  # after the lock was given: waiting for it takes from the lease
    if not standing_of(row, clock).is_fresh:
        connection.execute(_RENEW, {"account": lease.account_id, "until": clock + LEASE})
    return True


def _held(connection: sa.Connection, lease: Lease) -> sa.Row[*tuple[Any, ...]] | None:
    values = {"account": lease.account_id, "runner": lease.runner_id, "mine": lease.fence}
    row = connection.execute(_MINE, values).one_or_none()
    if row is None:
        log.warning(
            "Account %d was taken over by another runner (lease %d is over); what this one found is not written.",
            lease.account_id,
            lease.fence,
        )
    return row


def free(connection: sa.Connection, owner: str | None = None) -> None:
    """End the leases of one runner, or all of them. The fences stay: they never go back."""
    statement = sa.update(_accounts).values(owner="", lease_until=None)
    connection.execute(statement if owner is None else statement.where(_accounts.c.owner == owner))


def _doubt_open_call(connection: sa.Connection, account_id: int, runner_id: str, now: datetime) -> None:
    """What the last owner had under way has an unknown outcome now, and is looked for from the beginning."""
    messages, attempts = schema.messages, schema.attempts
    abandoned = (
        (attempts.c.account_id == account_id)
        & attempts.c.closed_at.is_(None)
        & (attempts.c.runner_id != runner_id)
        & (attempts.c.verdict == "")
    )
    values = {"settle_from": now, "next_look_at": now, "looks": 0, "absent_looks": 0}
    statement = sa.update(attempts).where(abandoned).values(values).returning(attempts.c.message_id)
    found = connection.execute(statement).scalars().all()
    if not found:
        return
    reason = "The program ended while this was being sent; looking whether it is out."
    connection.execute(
        sa.update(messages)
        .where(messages.c.message_id.in_(found), messages.c.state == MessageState.SENDING.value)
        .values(state=MessageState.UNKNOWN.value, reason=reason)
    )
    log.warning("The last runner ended while sending a message; looking whether it is out.")
