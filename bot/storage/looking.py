"""What a runner sees of an account: one consistent look, in few statements, for it is taken before every call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.calls import Attempt
from bot.model import Account, CampaignRecord, Mode, Post
from bot.storage import schema
from bot.storage.engine import Database
from bot.storage.leases import Lease, standing_of
from bot.storage.rows import IN_ORDER, account_from, attempt_from, campaign_from, fetch_posts, posts_where


@dataclass(frozen=True, kw_only=True)
class Work:
    """What lies before a runner on one account: posts that are due or overdue, the next slot after them, and
    the attempt that is open, if one is. ``whole`` says that ``due`` holds all of them, not the first few.
    ``lease`` is the runner's own, while it is fresh; None when it must claim the account before it acts."""

    account: Account
    campaigns: dict[int, CampaignRecord]
    due: tuple[Post, ...]
    next_due_at: datetime | None
    last_sent_at: datetime | None
    open_attempt: Attempt | None
    lease: Lease | None = None
    whole: bool = True


def _started_campaigns() -> sa.ColumnElement[bool]:
    table = schema.campaigns
    return table.c.started_at.is_not(None) & (table.c.mode == sa.bindparam("mode"))


def _open_posts() -> sa.ColumnElement[bool]:
    """Posts that are not final, in campaigns that were started in the mode of the runner."""
    started = sa.select(schema.campaigns.c.campaign_id).where(_started_campaigns())
    return schema.posts.c.is_final.is_(False) & schema.posts.c.campaign_id.in_(started)


# Statements of every tick are built once: building costs more than running them.
_OF_ACCOUNT = schema.posts.c.account_id == sa.bindparam("account")
_NOW = sa.bindparam("now", type_=schema.UtcInstant)
BUSY_ACCOUNTS = (
    sa.select(schema.accounts)
    .where(sa.exists().where(schema.posts.c.account_id == schema.accounts.c.account_id, _open_posts()))
    .order_by(schema.accounts.c.account_id)
)
_STARTED = sa.select(schema.campaigns).where(_started_campaigns())
_IS_DUE = (_OF_ACCOUNT, _open_posts(), schema.posts.c.due_at <= _NOW)
_DUE = posts_where(*_IS_DUE)
FEW = 4
_FIRST_FEW = posts_where(
    schema.posts.c.post_id.in_(sa.select(schema.posts.c.post_id).where(*_IS_DUE).order_by(*IN_ORDER).limit(FEW))
)
_NEXT_DUE = sa.select(sa.func.min(schema.posts.c.due_at)).where(
    _OF_ACCOUNT, _open_posts(), schema.posts.c.due_at > _NOW
)
_LAST_SENT = sa.select(sa.func.max(schema.messages.c.posted_at)).where(
    schema.messages.c.account_id == sa.bindparam("account")
)
_ACCOUNT = sa.select(
    schema.accounts,
    _NEXT_DUE.scalar_subquery().label("next_due_at"),
    _LAST_SENT.scalar_subquery().label("last_sent_at"),
).where(schema.accounts.c.account_id == sa.bindparam("account"))
IS_OPEN = (schema.attempts.c.account_id == sa.bindparam("account"), schema.attempts.c.closed_at.is_(None))
_OPEN_ATTEMPT = sa.select(schema.attempts).where(*IS_OPEN)
UNFINISHED = sa.select(sa.func.count()).select_from(schema.posts).where(_open_posts())


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
    """All that delivery decides by; unless ``whole``, with the first few of what is due: a backlog is long."""
    values = {"account": account_id, "mode": mode.value, "now": now}
    campaigns = {row.campaign_id: campaign_from(row) for row in connection.execute(_STARTED, values)}
    due = fetch_posts(connection, _DUE if whole else _FIRST_FEW, **values)
    row = connection.execute(_ACCOUNT, values).one()
    return Work(
        account=account_from(row),
        campaigns=campaigns,
        due=due,
        next_due_at=row.next_due_at,
        last_sent_at=row.last_sent_at,
        open_attempt=open_attempt(connection, account_id),
        lease=standing_of(row, database.now(connection)).fresh_for(runner_id, account_id),
        whole=whole or len(due) < FEW,
    )


def open_attempt(connection: sa.Connection, account_id: int) -> Attempt | None:
    """The call on an account that nobody knows the end of yet."""
    row = connection.execute(_OPEN_ATTEMPT, {"account": account_id}).one_or_none()
    return attempt_from(row) if row is not None else None
