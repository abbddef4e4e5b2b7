"""Rows of the tables <-> the frozen values of the model."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy import RowMapping

from bot.calls import Attempt, Verdict
from bot.model import (
    Account,
    Approval,
    CampaignRecord,
    Draft,
    Media,
    Message,
    MessageState,
    Mode,
    Post,
    PostKey,
    Receipt,
    RunnerRecord,
    SeriesKind,
    Slot,
    Standing,
)
from bot.storage import schema


def campaign_from(row: sa.Row[Any]) -> CampaignRecord:
    """A row of ``campaigns``."""
    return CampaignRecord(
        campaign_id=row.campaign_id,
        name=row.name,
        settings=row.settings,
        config_digest=row.config_digest,
        plan_code=row.plan_code,
        planned_at=row.planned_at,
        mode=Mode(row.mode),
        started_at=row.started_at,
        started_by=row.started_by,
        paused_at=row.paused_at,
        paused_by=row.paused_by,
        pause_reason=row.pause_reason,
    )


def account_from(row: sa.Row[Any]) -> Account:
    """A row of ``accounts``."""
    return Account(
        account_id=row.account_id,
        network=row.network,
        handle=row.handle,
        user_id=row.user_id,
        proof=row.proof,
        proved_at=row.proved_at,
        stopped=row.stopped,
        resume_at=row.resume_at,
    )


def attempt_from(row: sa.Row[Any]) -> Attempt:
    """A row of ``attempts``."""
    return Attempt(
        attempt_id=row.attempt_id,
        campaign_id=row.campaign_id,
        account_id=row.account_id,
        message_id=row.message_id,
        attempt_no=row.attempt_no,
        runner_id=row.runner_id,
        in_reply_to=row.in_reply_to,
        called_at=row.called_at,
        closed_at=row.closed_at,
        verdict=Verdict(row.verdict) if row.verdict else None,
        reason=row.reason,
        looks=row.looks,
        absent_looks=row.absent_looks,
        next_look_at=row.next_look_at,
        fence=row.fence,
        settle_from=row.settle_from,
    )


def runner_from(row: sa.Row[Any]) -> RunnerRecord:
    """A row of ``runners``."""
    return RunnerRecord(
        runner_id=row.runner_id,
        host=row.host,
        pid=row.pid,
        started_at=row.started_at,
        heartbeat_at=row.heartbeat_at,
        stopped_at=row.stopped_at,
        boot_id=row.boot_id,
        process_started=row.process_started,
    )


def slot_text(slot: Slot) -> str:
    """A slot's local time as it is stored: ``2027-03-08T09:00:00``."""
    return slot.local.isoformat(timespec="seconds")


IN_ORDER = (schema.posts.c.due_at, schema.posts.c.code, schema.posts.c.post_id)
"""Posts in the order in which they are due, then by code."""


def posts_where(*conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """The statement that ``fetch_posts`` runs. Building one costs more than running it: keep those that recur."""
    posts, messages, link, media = schema.posts, schema.messages, schema.message_media, schema.media
    own = [column.label(f"m_{column.name}") for column in messages.c if column.name not in {"post_id", "account_id"}]
    return (
        sa.select(posts, *own, link.c.alt_text, media.c.sha256, media.c.mime, media.c.size)
        .join(messages, messages.c.post_id == posts.c.post_id)
        .outerjoin(link, link.c.message_id == messages.c.message_id)
        .outerjoin(media, media.c.sha256 == link.c.sha256)
        .where(*conditions)
        .order_by(*IN_ORDER, messages.c.position, link.c.position)
    )


def fetch_posts(connection: sa.Connection, statement: sa.Select[Any], **values: object) -> tuple[Post, ...]:
    """Posts with their messages and pictures, in the order in which they are due (then by code)."""
    rows = connection.execute(statement, values).mappings()
    return tuple(_post_from(tuple(group)) for _, group in groupby(rows, key=itemgetter("post_id")))


_ONE_POST = posts_where(schema.posts.c.post_id == sa.bindparam("wanted"))


def fetch_post(connection: sa.Connection, post_id: int) -> Post:
    """The post of this id, which must be there."""
    return fetch_posts(connection, _ONE_POST, wanted=post_id)[0]


_OWNER = sa.select(schema.messages.c.post_id).where(schema.messages.c.message_id == sa.bindparam("wanted"))
_POST_OF_MESSAGE = posts_where(schema.posts.c.post_id == _OWNER.scalar_subquery())


def fetch_post_of(connection: sa.Connection, message_id: int) -> Post:
    """The post that a message, which must be there, is part of."""
    return fetch_posts(connection, _POST_OF_MESSAGE, wanted=message_id)[0]


def _post_from(rows: Sequence[RowMapping]) -> Post:
    row = rows[0]
    messages = (_message_from(tuple(group)) for _, group in groupby(rows, key=itemgetter("m_message_id")))
    return Post(
        post_id=row["post_id"],
        campaign_id=row["campaign_id"],
        key=PostKey(
            series=row["series"],
            subject_id=row["subject_id"],
            account_id=row["account_id"],
            edition=row["edition"],
        ),
        kind=SeriesKind(row["kind"]),
        code=row["code"],
        slot=Slot(local=datetime.fromisoformat(row["slot_local"]), due_at=row["due_at"]),
        digest=row["digest"],
        messages=tuple(messages),
        standing=Standing(row["standing"]),
        standing_reason=row["standing_reason"],
        approval=_approval_from(row),
        moved_by_hand=row["moved_by_hand"],
        in_reply_to=row["in_reply_to"],
        wording=row["wording"],
    )


def _approval_from(row: RowMapping) -> Approval | None:
    if row["approved_at"] is None:
        return None
    return Approval(
        by=row["approved_by"],
        at=row["approved_at"],
        digest=row["approved_digest"],
        plan_code=row["approved_plan_code"],
    )


def _message_from(rows: Sequence[RowMapping]) -> Message:
    row = rows[0]
    receipt = None
    if row["m_network_id"] is not None:
        receipt = Receipt(
            network_id=row["m_network_id"], url=row["m_url"], posted_at=row["m_posted_at"], adopted=row["m_adopted"]
        )
    pictures = tuple(
        Media(sha256=picture["sha256"], mime=picture["mime"], size=picture["size"], alt_text=picture["alt_text"])
        for picture in rows
        if picture["sha256"] is not None
    )
    return Message(
        message_id=row["m_message_id"],
        position=row["m_position"],
        draft=Draft(text=row["m_text"], media=pictures),
        state=MessageState(row["m_state"]),
        reason=row["m_reason"],
        receipt=receipt,
        attempts=row["m_attempts"],
        not_before=row["m_not_before"],
        in_doubt=row["m_in_doubt"],
    )
