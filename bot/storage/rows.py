"""Rows of the tables <-> the frozen values of the model."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.model import (
    Account,
    Approval,
    Attempt,
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
    Verdict,
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
    )


def slot_text(slot: Slot) -> str:
    """A slot's local time as it is stored: ``2027-03-08T09:00:00``."""
    return slot.local.isoformat(timespec="seconds")


def select_posts(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> tuple[Post, ...]:
    """Posts with their messages, in the order in which they are due (then by code)."""
    table = schema.posts
    wanted = sa.select(table.c.post_id).where(*conditions)
    messages = _messages_by_post(connection, wanted)
    rows = connection.execute(sa.select(table).where(*conditions).order_by(table.c.due_at, table.c.code))
    return tuple(_post_from(row, messages.get(row.post_id, ())) for row in rows)


def _messages_by_post(connection: sa.Connection, wanted: sa.Select[tuple[int]]) -> dict[int, tuple[Message, ...]]:
    table = schema.messages
    pictures = _pictures_by_message(connection, wanted)
    found: dict[int, list[Message]] = {}
    query = sa.select(table).where(table.c.post_id.in_(wanted)).order_by(table.c.post_id, table.c.position)
    for row in connection.execute(query):
        found.setdefault(row.post_id, []).append(_message_from(row, pictures.get(row.message_id, ())))
    return {post_id: tuple(messages) for post_id, messages in found.items()}


def _pictures_by_message(connection: sa.Connection, wanted: sa.Select[tuple[int]]) -> dict[int, tuple[Media, ...]]:
    link, picture, message = schema.message_media, schema.media, schema.messages
    query = (
        sa.select(link.c.message_id, link.c.alt_text, picture.c.sha256, picture.c.mime, picture.c.size)
        .join(picture, picture.c.sha256 == link.c.sha256)
        .join(message, message.c.message_id == link.c.message_id)
        .where(message.c.post_id.in_(wanted))
        .order_by(link.c.message_id, link.c.position)
    )
    found: dict[int, list[Media]] = {}
    for row in connection.execute(query):
        media = Media(sha256=row.sha256, mime=row.mime, size=row.size, alt_text=row.alt_text)
        found.setdefault(row.message_id, []).append(media)
    return {message_id: tuple(items) for message_id, items in found.items()}


def _message_from(row: sa.Row[Any], pictures: tuple[Media, ...]) -> Message:
    receipt = None
    if row.network_id is not None:
        receipt = Receipt(network_id=row.network_id, url=row.url, posted_at=row.posted_at, adopted=row.adopted)
    return Message(
        message_id=row.message_id,
        position=row.position,
        draft=Draft(text=row.text, media=pictures),
        state=MessageState(row.state),
        reason=row.reason,
        receipt=receipt,
        attempts=row.attempts,
        not_before=row.not_before,
    )


def _post_from(row: sa.Row[Any], messages: tuple[Message, ...]) -> Post:
    approval = None
    if row.approved_at is not None:
        approval = Approval(
            by=row.approved_by, at=row.approved_at, digest=row.approved_digest, plan_code=row.approved_plan_code
        )
    return Post(
        post_id=row.post_id,
        key=PostKey(series=row.series, subject_id=row.subject_id, account_id=row.account_id, edition=row.edition),
        kind=SeriesKind(row.kind),
        code=row.code,
        slot=Slot(local=datetime.fromisoformat(row.slot_local), due_at=row.due_at),
        digest=row.digest,
        messages=messages,
        standing=Standing(row.standing),
        standing_reason=row.standing_reason,
        approval=approval,
        moved_by_hand=row.moved_by_hand,
        in_reply_to=row.in_reply_to,
        wording=row.wording,
    )
