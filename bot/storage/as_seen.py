"""What must still be as somebody saw it, or nothing is written: between looking and writing others may act.

Every function works inside the transaction of its caller, and locks what it has found unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa

from bot.errors import PlanError, Problem
from bot.model import Approval, Post, Standing
from bot.pulling import VOID
from bot.storage import schema
from bot.storage.rows import fetch_posts, posts_where

_CHUNK = 500
_SHOWN = 8


def changed(connection: sa.Connection, campaign_id: int, seen: Sequence[Post], plan_code: str | None) -> list[str]:
    """Codes of posts that are not what they were; the plan's own code when only that has changed."""
    posts, campaigns = schema.posts, schema.campaigns
    known = {post.post_id: post for post in seen}
    for mine in _chunks(posts.c.post_id, known):
        connection.execute(sa.select(posts.c.post_id).where(mine).order_by(posts.c.post_id).with_for_update()).all()
        for post in fetch_posts(connection, posts_where(mine)):
            if known[post.post_id] == post:
                del known[post.post_id]
    if known or plan_code is None:
        return sorted(post.code for post in known.values())
    code = sa.select(campaigns.c.plan_code).where(campaigns.c.campaign_id == campaign_id).with_for_update()
    current = connection.execute(code).scalar_one()
    return [] if current == plan_code else [f"plan {current}"]


def refuse_changed(connection: sa.Connection, campaign_id: int, seen: Sequence[Post], plan_code: str | None) -> None:
    """Somebody has skipped, moved or signed one, or has withdrawn: what was made without knowing it would undo that.

    Raises PlanError.
    """
    codes = changed(connection, campaign_id, seen, plan_code)
    if codes:
        shown = ", ".join(codes[:_SHOWN]) + (f" and {len(codes) - _SHOWN} more" if len(codes) > _SHOWN else "")
        what = f"Somebody changed {shown} while the plan was made, so nothing was changed."
        raise PlanError(Problem(what=what, remedy="Run the command again."))


def begun() -> sa.ColumnElement[bool]:
    """Something of a message is out, on its way, or was: its text is history."""
    messages = schema.messages
    return messages.c.in_doubt | messages.c.state.not_in(["pending", "failed", "held"])


def refuse_begun(connection: sa.Connection, post_ids: Iterable[int]) -> None:
    """A runner may have sent a post since the planner looked; rewriting it would let it be sent a second time.

    Raises PlanError.
    """
    posts, messages = schema.posts, schema.messages
    codes: list[str] = []
    for mine in _chunks(posts.c.post_id, post_ids):
        connection.execute(sa.select(posts.c.post_id).where(mine).order_by(posts.c.post_id).with_for_update()).all()
        is_late = sa.exists().where(messages.c.post_id == posts.c.post_id, begun())
        codes += connection.execute(sa.select(posts.c.code).where(mine, is_late)).scalars()
    if codes:
        what = f"{', '.join(codes)} began to be sent while the plan was made, so nothing was changed."
        raise PlanError(Problem(what=what, remedy="Run the command again."))


def await_sign_off(connection: sa.Connection, approvals: Mapping[int, Approval]) -> bool:
    """Whether all of these posts still are drafts under the digests that were seen. What was pulled cannot be signed."""
    posts = schema.posts
    waiting: dict[int, str] = {}
    for mine in _chunks(posts.c.post_id, approvals):
        drafts = mine & (posts.c.standing == Standing.DRAFT.value) & posts.c.digest.not_like(f"{VOID}%")
        query = sa.select(posts.c.post_id, posts.c.digest).where(drafts).order_by(posts.c.post_id).with_for_update()
        waiting |= dict(connection.execute(query).all())
    return waiting == {post_id: approval.digest for post_id, approval in approvals.items()}


def _chunks(column: sa.Column[int], ids: Iterable[int]) -> list[sa.ColumnElement[bool]]:
    """Short enough for every engine's limit on parameters; in the order of the ids, as everybody locks posts."""
    ordered = sorted(ids)
    return [column.in_(ordered[start : start + _CHUNK]) for start in range(0, len(ordered), _CHUNK)]
