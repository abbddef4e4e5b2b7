"""What people sent in for a day of posts, and what moderators said about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.contribution import Contribution, Moderation
from bot.model import AuditEntry, MessageState, Post, SeriesKind, Standing
from bot.pulling import void
from bot.storage import schema
from bot.storage.contribution_rows import contributions_of, row_of
from bot.storage.engine import Database
from bot.storage.journal import write_entry
from bot.storage.people import give_new_plan_code
from bot.storage.plans import remove_posts
from bot.storage.rows import fetch_post
from bot.storage.schema_contributions import contributions as table

_AT_REST = {MessageState.PENDING, MessageState.FAILED, MessageState.HELD}
_NOT_APPROVED = "Its contribution is not approved any more."


class Contributions:
    """Intent methods about contributions; one transaction each."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, campaign_id: int) -> tuple[Contribution, ...]:
        """Everything that was sent in, in the order of the codes."""
        with self._database.read() as connection:
            return contributions_of(connection, campaign_id)

    def take_in(
        self,
        campaign_id: int,
        added: Iterable[Contribution],
        changed: Mapping[str, Contribution],
        *,
        pictures: Mapping[str, tuple[str, bytes]],
        seen: Sequence[Contribution],
        entry: AuditEntry,
    ) -> bool:
        """Add new ones and rewrite changed ones (by id), with their pictures: all of it, or nothing when what is stored
        is not what was ``seen`` any more. Says whether it was done."""
        with self._database.write() as connection:
            if contributions_of(connection, campaign_id) != tuple(seen):
                return False
            _save_pictures(connection, pictures)
            for contribution_id, contribution in changed.items():
                _rewrite(connection, campaign_id, contribution_id, contribution)
            _leave_the_plan(connection, campaign_id, changed.values(), entry.at)
            rows = [{"campaign_id": campaign_id, **row_of(contribution)} for contribution in added]
            if rows:
                connection.execute(sa.insert(table), rows)
            write_entry(connection, campaign_id, entry)
        return True

    def moderate(
        self,
        campaign_id: int,
        decided: Sequence[tuple[Contribution, Contribution]],
        *,
        pictures: Mapping[str, tuple[str, bytes]],
        entries: Sequence[AuditEntry],
    ) -> bool:
        """Put the second of each pair in the place of the first, which is what the moderator has seen.

        Nothing is written when one of them has changed since; says whether it was done.
        """
        with self._database.write() as connection:
            stored = {one.contribution_id: one for one in contributions_of(connection, campaign_id)}
            if any(stored.get(seen.contribution_id) != seen for seen, _ in decided):
                return False
            _save_pictures(connection, pictures)
            for seen, after in decided:
                _rewrite(connection, campaign_id, seen.contribution_id, after)
            _leave_the_plan(connection, campaign_id, [after for _, after in decided], entries[0].at)
            for entry in entries:
                write_entry(connection, campaign_id, entry)
        return True


def _rewrite(connection: sa.Connection, campaign_id: int, contribution_id: str, contribution: Contribution) -> None:
    mine = (table.c.campaign_id == campaign_id) & (table.c.contribution_id == contribution_id)
    connection.execute(sa.update(table).where(mine).values(row_of(contribution)))


def _leave_the_plan(
    connection: sa.Connection, campaign_id: int, decided: Iterable[Contribution], now: datetime
) -> None:
    """What is not approved any more does not go out: its post leaves the plan at once, not at the next planning.

    A post that was tried stays on record, skipped. One that is on its way, or may be, is not tried again: what is unsent
    of it waits for a person, under a digest that no sign-off fits.
    """
    ids = [one.contribution_id for one in decided if one.state is not Moderation.APPROVED]
    posts = schema.posts
    mine = (
        (posts.c.campaign_id == campaign_id)
        & (posts.c.kind == SeriesKind.CONTRIBUTIONS.value)
        & posts.c.subject_id.in_(ids)
        & posts.c.is_final.is_(False)
    )
    locked = connection.execute(sa.select(posts.c.post_id).where(mine).order_by(posts.c.post_id).with_for_update())
    found = [fetch_post(connection, post_id) for post_id in locked.scalars().all()]
    waiting = [post for post in found if _may_leave(post)]
    untried = [post.post_id for post in waiting if all(message.attempts == 0 for message in post.messages)]
    remove_posts(connection, untried)
    for post in waiting:
        if post.post_id not in untried:
            values = {"standing": Standing.SKIPPED.value, "standing_reason": _NOT_APPROVED, "is_final": True}
            connection.execute(sa.update(posts).where(posts.c.post_id == post.post_id).values(values))
    for post in found:
        if post not in waiting:
            _stop_begun(connection, post)
    if found:
        give_new_plan_code(connection, campaign_id, now)


def _stop_begun(connection: sa.Connection, post: Post) -> None:
    posts, messages = schema.posts, schema.messages
    values = {"standing": Standing.MISSED.value, "standing_reason": _NOT_APPROVED, "digest": void(post.digest)}
    connection.execute(sa.update(posts).where(posts.c.post_id == post.post_id).values(values))
    pending = (messages.c.post_id == post.post_id) & (messages.c.state == MessageState.PENDING.value)
    held = {"state": MessageState.HELD.value, "reason": _NOT_APPROVED}
    connection.execute(sa.update(messages).where(pending).values(held))


def _may_leave(post: Post) -> bool:
    """Nothing of it is out or on its way, and nobody has to find out whether it is."""
    return all(message.state in _AT_REST and not message.in_doubt for message in post.messages)


def _save_pictures(connection: sa.Connection, pictures: Mapping[str, tuple[str, bytes]]) -> None:
    media = schema.media
    for sha256, (mime, content) in pictures.items():
        if connection.execute(sa.select(media.c.size).where(media.c.sha256 == sha256)).one_or_none() is None:
            values = {"sha256": sha256, "mime": mime, "size": len(content), "content": content}
            connection.execute(sa.insert(media).values(values))
