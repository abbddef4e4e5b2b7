"""What a runner sees of an account: one consistent look, in few statements, for it is taken before every call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.calls import Attempt
from bot.model import Account, CampaignRecord, Mode, Post
from bot.storage import schema
from bot.storage.engine import Clock, Database
from bot.storage.leases import Lease, standing_of
from bot.storage.rows import IN_ORDER, account_from, attempt_from, campaign_from, fetch_posts, posts_where


@dataclass(frozen=True, kw_only=True)
class Work:
    """What lies before a runner on one account: posts that are due or overdue with their campaigns, the next slot
    after them, and the attempt that is open, if one is. ``whole`` says that ``due`` holds all of them: not the first
    few, nor none because an open attempt comes before them. ``lease`` is the runner's own, while it is fresh; None
    when it must claim the account before it acts, from ``holder`` if another runner has it."""

    account: Account
    campaigns: dict[int, CampaignRecord]
    due: tuple[Post, ...]
    next_due_at: datetime | None
    last_sent_at: datetime | None
    open_attempt: Attempt | None
    lease: Lease | None = None
    holder: str = ""
    whole: bool = True


@dataclass(frozen=True, kw_only=True)
class Glance:
    """An account seen from afar, in one statement with all others: whether posts are due and a call is open there,
    when the next post falls due, and which other runner holds it ("" for none)."""

    account: Account
    any_due: bool
    any_open: bool
    next_due_at: datetime | None
    holder: str


def _started_campaigns() -> sa.ColumnElement[bool]:
    table = schema.campaigns
    return table.c.started_at.is_not(None) & (table.c.mode == sa.bindparam("mode"))


def _open_posts() -> sa.ColumnElement[bool]:
    """Posts that are not final, in campaigns that were started in the mode of the runner."""
    started = sa.select(schema.campaigns.c.campaign_id).where(_started_campaigns())
    return schema.posts.c.is_final.is_(False) & schema.posts.c.campaign_id.in_(started)


# Statements of every tick are built once: building costs more than running them.
_OF_ACCOUNT = schema.posts.c.account_id == sa.bindparam("account")
_ON_ACCOUNT = schema.posts.c.account_id == schema.accounts.c.account_id
_NOW = sa.bindparam("now", type_=schema.UtcInstant)
_IS_BUSY = sa.exists().where(_ON_ACCOUNT, _open_posts())
BUSY_ACCOUNTS = sa.select(schema.accounts).where(_IS_BUSY).order_by(schema.accounts.c.account_id)
_STARTED = sa.select(schema.campaigns).where(_started_campaigns())
_IS_DUE = (_open_posts(), schema.posts.c.due_at <= _NOW)
_DUE = posts_where(_OF_ACCOUNT, *_IS_DUE)
FEW = 4
_FIRST_FEW = posts_where(
    schema.posts.c.post_id.in_(
        sa.select(schema.posts.c.post_id).where(_OF_ACCOUNT, *_IS_DUE).order_by(*IN_ORDER).limit(FEW)
    )
)
_NEXT_DUE = sa.select(sa.func.min(schema.posts.c.due_at)).where(
    _ON_ACCOUNT, _open_posts(), schema.posts.c.due_at > _NOW
)
_LAST_SENT = sa.select(sa.func.max(schema.messages.c.posted_at)).where(
    schema.messages.c.account_id == schema.accounts.c.account_id
)
IS_OPEN = (schema.attempts.c.account_id == sa.bindparam("account"), schema.attempts.c.closed_at.is_(None))
_OPEN_ATTEMPT = sa.select(schema.attempts).where(*IS_OPEN)
_SEEN = sa.select(
    schema.accounts,
    Clock().label("clock"),
    sa.exists().where(_ON_ACCOUNT, *_IS_DUE).label("any_due"),
    sa.exists()
    .where(schema.attempts.c.account_id == schema.accounts.c.account_id, schema.attempts.c.closed_at.is_(None))
    .label("any_open"),
    _NEXT_DUE.scalar_subquery().label("next_due_at"),
)
_GLANCE = _SEEN.where(_IS_BUSY).order_by(schema.accounts.c.account_id)
_ACCOUNT = _SEEN.add_columns(_LAST_SENT.scalar_subquery().label("last_sent_at")).where(
    schema.accounts.c.account_id == sa.bindparam("account")
)
UNFINISHED = sa.select(sa.func.count()).select_from(schema.posts).where(_open_posts())


def glance(
    connection: sa.Connection, database: Database, *, mode: Mode, now: datetime, runner_id: str
) -> tuple[Glance, ...]:
    """All accounts with posts that are not final."""
    return tuple(
        Glance(
            account=account_from(row),
            any_due=row.any_due,
            any_open=row.any_open,
            next_due_at=row.next_due_at,
            holder=standing_of(row, database.told(row.clock)).other_than(runner_id),
        )
        for row in connection.execute(_GLANCE, {"mode": mode.value, "now": now})
    )


def look(
    connection: sa.Connection,
    database: Database,
    account_id: int,
    *,
    mode: Mode,
    now: datetime,
    runner_id: str,
    whole: bool,
) -> Work:
    """All that delivery decides by. Unless ``whole``, the first few of what is due, for a backlog is long; and nothing
    of it while an attempt is open, for nothing else happens then."""
    values = {"account": account_id, "mode": mode.value, "now": now}
    row = connection.execute(_ACCOUNT, values).one()
    standing = standing_of(row, database.told(row.clock))
    attempt = open_attempt(connection, account_id) if row.any_open else None
    looks_at_due = row.any_due and (whole or attempt is None)
    due = fetch_posts(connection, _DUE if whole else _FIRST_FEW, **values) if looks_at_due else ()
    return Work(
        account=account_from(row),
        campaigns={row.campaign_id: campaign_from(row) for row in connection.execute(_STARTED, values)} if due else {},
        due=due,
        next_due_at=row.next_due_at,
        last_sent_at=row.last_sent_at,
        open_attempt=attempt,
        lease=standing.fresh_for(runner_id, account_id),
        holder=standing.other_than(runner_id),
        whole=whole or not row.any_due or (attempt is None and len(due) < FEW),
    )


def open_attempt(connection: sa.Connection, account_id: int) -> Attempt | None:
    """The call on an account that nobody knows the end of yet."""
    row = connection.execute(_OPEN_ATTEMPT, {"account": account_id}).one_or_none()
    return attempt_from(row) if row is not None else None
