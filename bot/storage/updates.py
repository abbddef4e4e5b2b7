"""Writing what became of a post or message; the one place that keeps ``posts.is_final`` true."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from bot.decisions import Decision
from bot.lifecycle import is_final
from bot.model import AuditEntry, MessageState, Post, Receipt
from bot.storage import schema
from bot.storage.journal import write_entry
from bot.storage.rows import fetch_post, fetch_post_of, slot_text

_POST = sa.update(schema.posts).where(schema.posts.c.post_id == sa.bindparam("wanted"))
_MESSAGE = sa.update(schema.messages).where(schema.messages.c.message_id == sa.bindparam("wanted"))


def update_post(
    connection: sa.Connection, campaign_id: int, post_id: int, decision: Decision, *, entry: AuditEntry
) -> Post:
    """Lock a post, let the decision look at it, and write what it says; what it raises leaves all as it was."""
    posts = schema.posts
    connection.execute(sa.select(posts.c.post_id).where(posts.c.post_id == post_id).with_for_update()).one()
    post = fetch_post(connection, post_id)
    update = decision(post)
    values: dict[str, object] = {
        "wanted": post_id,
        "standing": update.standing.value,
        "standing_reason": update.standing_reason,
    }
    if update.slot is not None:
        values |= {"slot_local": slot_text(update.slot), "due_at": update.slot.due_at, "moved_by_hand": True}
    connection.execute(_POST, values)
    for change in update.messages:
        update_message(connection, change.message_id, change.state, change.reason, change.not_before, change.receipt)
        if change.in_doubt:
            connection.execute(_MESSAGE, {"wanted": change.message_id, "in_doubt": True})
        _close_attempts(connection, change.message_id, entry.at)
    write_entry(connection, campaign_id, entry)
    return _refresh(connection, fetch_post(connection, post_id))


def update_message(
    connection: sa.Connection,
    message_id: int,
    state: MessageState,
    reason: str,
    not_before: datetime | None,
    receipt: Receipt | None,
) -> None:
    """Set a message's state and receipt; a message without a new receipt keeps the one it has.

    Doubt begins with the call and ends with an answer: holding a message for a person does not end it.
    """
    values: dict[str, object] = {
        "wanted": message_id,
        "state": state.value,
        "reason": reason,
        "not_before": not_before,
    }
    if state is not MessageState.HELD:
        values["in_doubt"] = state in {MessageState.SENDING, MessageState.UNKNOWN}
    if receipt is not None:
        values |= {
            "network_id": receipt.network_id,
            "url": receipt.url,
            "posted_at": receipt.posted_at,
            "adopted": receipt.adopted,
        }
    connection.execute(_MESSAGE, values)


def begin_message(connection: sa.Connection, message_id: int, attempts: int) -> None:
    """A message is about to be sent for the how manieth time: from now on it is in doubt."""
    values = {"state": MessageState.SENDING.value, "reason": "", "not_before": None, "in_doubt": True}
    connection.execute(_MESSAGE, {"wanted": message_id, "attempts": attempts, **values})


def refresh_final(connection: sa.Connection, message_id: int) -> Post:
    """Bring ``is_final`` of a message's post up to date, and give the post as it is now."""
    return _refresh(connection, fetch_post_of(connection, message_id))


def _refresh(connection: sa.Connection, post: Post) -> Post:
    connection.execute(_POST, {"wanted": post.post_id, "is_final": is_final(post)})
    return post


def _close_attempts(connection: sa.Connection, message_id: int, now: datetime) -> None:
    """A person has decided about the message, so nothing is being settled any more."""
    table = schema.attempts
    still_open = (table.c.message_id == message_id) & table.c.closed_at.is_(None)
    connection.execute(sa.update(table).where(still_open).values(closed_at=now))
