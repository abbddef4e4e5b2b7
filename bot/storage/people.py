"""People's wishes not to be named: withdrawals, the stop list, and the posts that are pulled for them at once.

A pull is serialised with the runner's intent: it locks the posts, which the intent locks too, and leaves a digest that
no sign-off fits. From the return on no call begins for a post that was pulled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.digest import plan_code
from bot.lifecycle import is_final
from bot.model import AuditEntry, MessageState, Post, Standing
from bot.pulling import Pull, may_come_back
from bot.storage import schema
from bot.storage.engine import Database
from bot.storage.journal import write_entry
from bot.storage.plans import remember_plan
from bot.storage.rows import fetch_posts, posts_where, slot_text
from bot.storage.schema_withdrawals import podium_gaps, stop_list, withdrawals
from bot.wishes import PlaceWords, StopEntry, Wishes, Withdrawal

Decide = Callable[[Wishes, tuple[Post, ...]], tuple[Pull, ...]]
"""Pure: which posts to pull. It is asked inside the transaction that stops them."""

_OF_CAMPAIGN = posts_where(schema.posts.c.campaign_id == sa.bindparam("campaign"))


class People:
    """Intent methods about wishes; one transaction each."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def wishes(self, campaign_id: int | None) -> Wishes:
        """All that counts for a campaign; without one, the stop list alone."""
        with self._database.read() as connection:
            return _wishes(connection, campaign_id)

    def withdraw(
        self, campaign_id: int, one: Withdrawal, decide: Decide, *, entry: AuditEntry, pulled: AuditEntry
    ) -> tuple[Pull, ...]:
        """Record that somebody has withdrawn, and pull every post that names them. ``pulled`` is logged for each post.

        Somebody who has withdrawn before is not recorded twice, but posts are looked at again.
        """
        with self._database.write() as connection:
            audit_id = write_entry(connection, campaign_id, entry)
            _lock_posts(connection, campaign_id)
            again = _in_force(campaign_id) & (withdrawals.c.worker_id == one.worker_id)
            values: dict[str, object] = {"keeps_organisation": one.keeps_organisation}
            if connection.execute(sa.update(withdrawals).where(again).values(values)).rowcount == 0:
                values |= {"campaign_id": campaign_id, "audit_id": audit_id, "rank": one.rank, "mark": one.mark}
                values |= {"worker_id": one.worker_id, "name": one.name, "handle": one.handle}
                connection.execute(sa.insert(withdrawals).values(**values, organisation=one.organisation))
            return _pull(connection, campaign_id, decide, pulled)

    def undo(self, campaign_id: int, worker_id: str, *, entry: AuditEntry) -> tuple[str, ...]:
        """A withdrawal is over. Posts about the person become drafts again; their codes."""
        posts = schema.posts
        mine = (posts.c.campaign_id == campaign_id) & (posts.c.subject_id == worker_id)
        with self._database.write() as connection:
            write_entry(connection, campaign_id, entry)
            _lock_posts(connection, campaign_id)
            over = _in_force(campaign_id) & (withdrawals.c.worker_id == worker_id)
            connection.execute(sa.update(withdrawals).where(over).values(undone_at=entry.at))
            back = tuple(post for post in fetch_posts(connection, posts_where(mine)) if may_come_back(post))
            for post in back:
                draft = {"standing": Standing.DRAFT.value, "standing_reason": ""}
                connection.execute(sa.update(posts).where(posts.c.post_id == post.post_id).values(**draft))
                _refresh_final(connection, replace(post, standing=Standing.DRAFT, standing_reason=""))
        return tuple(post.code for post in back)

    def add_to_stop_list(self, entries: Sequence[StopEntry]) -> None:
        """Add names, in one transaction; they count at once, but posts are pulled by ``pull``."""
        with self._database.write() as connection:
            rows: list[dict[str, object]] = [
                {"name": one.name, "organisation": one.organisation, "reason": one.reason}
                | {"added_by": one.by, "added_at": one.at}
                for one in entries
            ]
            if rows:
                connection.execute(sa.insert(stop_list), rows)

    def remove_from_stop_list(self, entries: Sequence[StopEntry]) -> int:
        """Take lines off; how many there were."""
        removed = 0
        with self._database.write() as connection:
            for one in entries:
                same = (stop_list.c.name == one.name) & (stop_list.c.organisation == one.organisation)
                removed += connection.execute(sa.delete(stop_list).where(same)).rowcount
        return removed

    def pull(self, campaign_id: int, decide: Decide, *, entry: AuditEntry, pulled: AuditEntry) -> tuple[Pull, ...]:
        """Pull posts of a campaign for names of the stop list."""
        with self._database.write() as connection:
            write_entry(connection, campaign_id, entry)
            _lock_posts(connection, campaign_id)
            return _pull(connection, campaign_id, decide, pulled)

    def campaigns(self) -> tuple[int, ...]:
        """The ids of all campaigns of the database."""
        with self._database.read() as connection:
            return tuple(
                connection.execute(sa.select(schema.campaigns.c.campaign_id).order_by("campaign_id")).scalars()
            )

    def decide_place(self, campaign_id: int, rank: int, words: PlaceWords, *, entry: AuditEntry) -> None:
        """What the winner thread does about a place that nobody is named for."""
        same = (podium_gaps.c.campaign_id == campaign_id) & (podium_gaps.c.rank == rank)
        with self._database.write() as connection:
            audit_id = write_entry(connection, campaign_id, entry)
            connection.execute(sa.delete(podium_gaps).where(same))
            row = {"campaign_id": campaign_id, "rank": rank, "words": words.value, "audit_id": audit_id}
            connection.execute(sa.insert(podium_gaps).values(**row))


def _in_force(campaign_id: int) -> sa.ColumnElement[bool]:
    return (withdrawals.c.campaign_id == campaign_id) & withdrawals.c.undone_at.is_(None)


def _lock_posts(connection: sa.Connection, campaign_id: int) -> None:
    """In the order of their ids, and before the campaign: the runner locks one post and then looks at the campaign."""
    posts = schema.posts
    mine = sa.select(posts.c.post_id).where(posts.c.campaign_id == campaign_id)
    connection.execute(mine.order_by(posts.c.post_id).with_for_update()).all()


def _wishes(connection: sa.Connection, campaign_id: int | None) -> Wishes:
    installation = schema.installation
    key = connection.execute(sa.select(installation.c.database_id)).scalar_one_or_none() or ""
    entries = connection.execute(sa.select(stop_list).order_by(stop_list.c.entry_id)).all()
    listed = tuple(
        StopEntry(name=row.name, organisation=row.organisation, reason=row.reason, by=row.added_by, at=row.added_at)
        for row in entries
    )
    if campaign_id is None:
        return Wishes(stop_list=listed, key=key)
    audit = schema.audit
    query = sa.select(withdrawals, audit.c.at, audit.c.actor).join(audit, audit.c.audit_id == withdrawals.c.audit_id)
    rows = connection.execute(query.where(_in_force(campaign_id)).order_by(withdrawals.c.rank)).all()
    of_campaign = podium_gaps.c.campaign_id == campaign_id
    places = connection.execute(sa.select(podium_gaps.c.rank, podium_gaps.c.words).where(of_campaign)).all()
    return Wishes(
        withdrawals=tuple(_withdrawal(row) for row in rows),
        stop_list=listed,
        places={row.rank: PlaceWords(row.words) for row in places},
        key=key,
    )


def _withdrawal(row: sa.Row[Any]) -> Withdrawal:
    return Withdrawal(
        worker_id=row.worker_id,
        rank=row.rank,
        name=row.name,
        organisation=row.organisation,
        handle=row.handle,
        keeps_organisation=row.keeps_organisation,
        mark=row.mark,
        at=row.at,
        by=row.actor,
    )


def _pull(connection: sa.Connection, campaign_id: int, decide: Decide, pulled: AuditEntry) -> tuple[Pull, ...]:
    """Look at the posts as they are under the lock, stop those that the decision names, and give the plan a new code."""
    stopped = decide(_wishes(connection, campaign_id), fetch_posts(connection, _OF_CAMPAIGN, campaign=campaign_id))
    for pull in stopped:
        _stop(connection, pull)
        detail = f"{pulled.detail}: {pull.standing}".strip()
        write_entry(connection, campaign_id, replace(pulled, post_code=pull.post.code, detail=detail))
    if stopped:
        give_new_plan_code(connection, campaign_id, pulled.at)
    return stopped


def _stop(connection: sa.Connection, pull: Pull) -> None:
    posts, messages = schema.posts, schema.messages
    values: dict[str, object] = {"standing": pull.standing.value, "standing_reason": pull.reason, "digest": pull.digest}
    if not pull.begun:
        values |= {"approved_by": "", "approved_at": None, "approved_digest": "", "approved_plan_code": ""}
    connection.execute(sa.update(posts).where(posts.c.post_id == pull.post.post_id).values(values))
    if pull.hold:
        held = {"state": MessageState.HELD.value, "reason": pull.reason}
        connection.execute(sa.update(messages).where(messages.c.message_id.in_(pull.hold)).values(held))
    _refresh_final(connection, replace(pull.post, standing=pull.standing, standing_reason=pull.reason))


def _refresh_final(connection: sa.Connection, post: Post) -> None:
    posts = schema.posts
    connection.execute(sa.update(posts).where(posts.c.post_id == post.post_id).values(is_final=is_final(post)))


def give_new_plan_code(connection: sa.Connection, campaign_id: int, now: datetime) -> None:
    """The plan's code follows from its posts, so a sign-off that is under way finds that it has changed."""
    posts = fetch_posts(connection, _OF_CAMPAIGN, campaign=campaign_id)
    lines = tuple((post.code, post.digest, slot_text(post.slot)) for post in posts)
    remember_plan(connection, campaign_id, plan_code(lines), lines, now)
