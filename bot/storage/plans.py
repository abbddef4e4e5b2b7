"""Posts as planned, moved and signed off."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.model import Approval, AuditEntry, Draft, PlannedPost, Post, Slot, Standing
from bot.storage import schema
from bot.storage.as_seen import await_sign_off, begun, refuse_begun, refuse_changed
from bot.storage.engine import Database
from bot.storage.journal import write_entry
from bot.storage.rows import fetch_posts, posts_where, slot_text

PlanLine = tuple[str, str, str]
"""One post of a plan as it is remembered: code, digest, local slot."""


@dataclass(frozen=True, kw_only=True)
class Revision:
    """A stored post as the new plan wants it. ``messages`` is None when its texts stay as they are."""

    post_id: int
    code: str
    slot: Slot
    digest: str
    standing: Standing
    standing_reason: str = ""
    approved: bool
    wording: int
    messages: tuple[Draft, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class PlanUpdate:
    """Everything one planning changes, written in one transaction."""

    added: tuple[tuple[PlannedPost, str], ...] = ()
    revised: tuple[Revision, ...] = ()
    removed: tuple[int, ...] = ()
    media: Mapping[str, tuple[str, bytes]]
    settings: str
    config_digest: str
    plan_code: str
    lines: tuple[PlanLine, ...]
    entries: tuple[AuditEntry, ...] = ()
    seen: tuple[Post, ...] = ()
    """What is revised or removed, as the planner saw it, and below the code of the plan at that time (None: any)."""
    based_on: str | None = None


_OF_CAMPAIGN = posts_where(schema.posts.c.campaign_id == sa.bindparam("campaign"))


class Plans:
    """Intent methods about the plan; one transaction each."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def posts(self, campaign_id: int) -> tuple[Post, ...]:
        """All posts of a campaign, in the order in which they are due."""
        with self._database.read() as connection:
            return fetch_posts(connection, _OF_CAMPAIGN, campaign=campaign_id)

    def busy_elsewhere(self, campaign_id: int, account_id: int) -> tuple[datetime, ...]:
        """Instants at which the account posts for other campaigns of this database."""
        table = schema.posts
        query = sa.select(table.c.due_at).where(
            table.c.account_id == account_id, table.c.campaign_id != campaign_id, table.c.is_final.is_(False)
        )
        with self._database.read() as connection:
            return tuple(connection.execute(query).scalars())

    def picture(self, sha256: str) -> bytes:
        """The bytes of a frozen picture."""
        table = schema.media
        with self._database.read() as connection:
            found: bytes = connection.execute(sa.select(table.c.content).where(table.c.sha256 == sha256)).scalar_one()
            return found

    def lines(self, campaign_id: int, plan_code: str) -> tuple[PlanLine, ...] | None:
        """What an earlier plan code stood for; None when it was never a plan of this campaign."""
        table = schema.plans
        query = sa.select(table.c.contents).where(table.c.campaign_id == campaign_id, table.c.plan_code == plan_code)
        with self._database.read() as connection:
            contents = connection.execute(query).scalar_one_or_none()
        return None if contents is None else tuple((code, digest, slot) for code, digest, slot in json.loads(contents))

    def apply(self, campaign_id: int, update: PlanUpdate, *, now: datetime) -> None:
        """Write a whole planning, or nothing of it. Raises PlanError when it has been overtaken: a post that it changes
        has begun or is another one by now, or so is the plan."""
        with self._database.write() as connection:
            refuse_begun(connection, [*update.removed, *(revision.post_id for revision in update.revised)])
            refuse_changed(connection, campaign_id, update.seen, update.based_on)
            apply_update(connection, campaign_id, update, now)

    def remake(
        self,
        campaign_id: int,
        revised: Sequence[tuple[str, Revision]],
        *,
        media: Mapping[str, tuple[str, bytes]],
        entries: Sequence[AuditEntry],
    ) -> tuple[str, ...]:
        """Give some posts other texts, in their slots; nothing else of the plan changes. Each comes with the digest that
        its author has seen; a post that has another one by now, has begun, or was skipped is left alone. Returns the codes
        of the rest."""
        with self._database.write() as connection:
            _save_media(connection, media)
            return remake_posts(connection, campaign_id, revised, entries)

    def approve(self, campaign_id: int, approvals: Mapping[int, Approval], *, seen: str, entry: AuditEntry) -> bool:
        """Sign posts off, all of them or none: not when the plan has changed since ``seen`` was read, nor when one of them
        does not wait for it any more. Says whether it was done."""
        table, campaigns = schema.posts, schema.campaigns
        with self._database.write() as connection:
            current = connection.execute(
                sa.select(campaigns.c.plan_code).where(campaigns.c.campaign_id == campaign_id)
            ).scalar_one()
            if current != seen or not await_sign_off(connection, approvals):
                return False
            for post_id, approval in approvals.items():
                values = {"standing": Standing.APPROVED.value, "standing_reason": "", **_approval_values(approval)}
                unsigned = (table.c.post_id == post_id) & (table.c.digest == approval.digest)
                connection.execute(sa.update(table).where(unsigned).values(values))
            write_entry(connection, campaign_id, entry)
        return True

    def add_correction(
        self,
        campaign_id: int,
        planned: PlannedPost,
        digest: str,
        *,
        media: Mapping[str, tuple[str, bytes]],
        entry: AuditEntry,
    ) -> None:
        """Add one post that corrects another, with the pictures that it shows."""
        with self._database.write() as connection:
            _save_media(connection, media)
            _add_posts(connection, campaign_id, ((planned, digest),))
            write_entry(connection, campaign_id, entry)

    def remember(self, campaign_id: int, plan_code: str, lines: Sequence[PlanLine], *, now: datetime) -> None:
        """The plan is now this one, after a person changed a part of it."""
        with self._database.write() as connection:
            remember_plan(connection, campaign_id, plan_code, lines, now)


def apply_update(connection: sa.Connection, campaign_id: int, update: PlanUpdate, now: datetime) -> None:
    """Write a planning inside somebody else's transaction."""
    remove_posts(connection, update.removed)
    _save_media(connection, update.media)
    _revise_posts(connection, update.revised)
    _add_posts(connection, campaign_id, update.added)
    remember_plan(connection, campaign_id, update.plan_code, update.lines, now)
    values = {"settings": update.settings, "config_digest": update.config_digest, "planned_at": now}
    _set_campaign(connection, campaign_id, values)
    for entry in update.entries:
        write_entry(connection, campaign_id, entry)


def remake_posts(
    connection: sa.Connection,
    campaign_id: int,
    revised: Sequence[tuple[str, Revision]],
    entries: Sequence[AuditEntry],
) -> tuple[str, ...]:
    """As ``Plans.remake``, inside somebody else's transaction."""
    table, messages = schema.posts, schema.messages
    wanted = table.c.post_id.in_([revision.post_id for _, revision in revised])
    locked = sa.select(table.c.post_id, table.c.digest).where(wanted, table.c.standing != Standing.SKIPPED.value)
    digests = dict(connection.execute(locked.order_by(table.c.post_id).with_for_update()).all())
    late = set(connection.execute(sa.select(messages.c.post_id).where(begun())).scalars())
    fresh = [one for seen, one in revised if digests.get(one.post_id) == seen and one.post_id not in late]
    _revise_posts(connection, fresh)
    for entry in entries:
        write_entry(connection, campaign_id, entry)
    return tuple(one.code for one in fresh)


def _approval_values(approval: Approval | None) -> dict[str, object]:
    if approval is None:
        return {"approved_by": "", "approved_at": None, "approved_digest": "", "approved_plan_code": ""}
    return {
        "approved_by": approval.by,
        "approved_at": approval.at,
        "approved_digest": approval.digest,
        "approved_plan_code": approval.plan_code,
    }


def _set_campaign(connection: sa.Connection, campaign_id: int, values: dict[str, object]) -> None:
    table = schema.campaigns
    connection.execute(sa.update(table).where(table.c.campaign_id == campaign_id).values(values))


def remember_plan(
    connection: sa.Connection, campaign_id: int, plan_code: str, lines: Sequence[PlanLine], now: datetime
) -> None:
    """Keep what a plan's code stands for, and make it the campaign's plan."""
    table = schema.plans
    same = (table.c.campaign_id == campaign_id) & (table.c.plan_code == plan_code)
    if connection.execute(sa.select(table.c.plan_code).where(same)).one_or_none() is None:
        contents = json.dumps(list(lines), separators=(",", ":"))
        values = {"campaign_id": campaign_id, "plan_code": plan_code, "made_at": now, "contents": contents}
        connection.execute(sa.insert(table).values(values))
    _set_campaign(connection, campaign_id, {"plan_code": plan_code})


def remove_posts(connection: sa.Connection, post_ids: Iterable[int]) -> None:
    messages, link = schema.messages, schema.message_media
    for chunk in _chunks(list(post_ids)):
        of_posts = sa.select(messages.c.message_id).where(messages.c.post_id.in_(chunk))
        connection.execute(sa.delete(link).where(link.c.message_id.in_(of_posts)))
        connection.execute(sa.delete(messages).where(messages.c.post_id.in_(chunk)))
        connection.execute(sa.delete(schema.posts).where(schema.posts.c.post_id.in_(chunk)))


def _save_media(connection: sa.Connection, media: Mapping[str, tuple[str, bytes]]) -> None:
    table = schema.media
    known = set(connection.execute(sa.select(table.c.sha256)).scalars()) if media else set()
    rows = [
        {"sha256": sha256, "mime": mime, "size": len(content), "content": content}
        for sha256, (mime, content) in media.items()
        if sha256 not in known
    ]
    if rows:
        connection.execute(sa.insert(table), rows)


def _revise_posts(connection: sa.Connection, revisions: Sequence[Revision]) -> None:
    """Codes may change hands between posts, so they all pass through a name that nobody has."""
    if not revisions:
        return
    table = schema.posts
    by_id = table.c.post_id == sa.bindparam("id")
    parked = [{"id": revision.post_id, "parked": f"~{revision.post_id}"} for revision in revisions]
    connection.execute(sa.update(table).where(by_id).values(code=sa.bindparam("parked")), parked)
    names = ("code", "slot_local", "due_at", "digest", "standing", "standing_reason", "is_final", "wording")
    statement = sa.update(table).where(by_id).values({name: sa.bindparam(f"new_{name}") for name in names})
    connection.execute(statement, [_revision_row(revision) for revision in revisions])
    unsigned = [{"id": revision.post_id} for revision in revisions if not revision.approved]
    if unsigned:
        connection.execute(sa.update(table).where(by_id).values(_approval_values(None)), unsigned)
    rewritten = [revision for revision in revisions if revision.messages is not None]
    _rewrite_messages(connection, rewritten)


def _revision_row(revision: Revision) -> dict[str, object]:
    return {
        "id": revision.post_id,
        "new_code": revision.code,
        "new_slot_local": slot_text(revision.slot),
        "new_due_at": revision.slot.due_at,
        "new_digest": revision.digest,
        "new_standing": revision.standing.value,
        "new_standing_reason": revision.standing_reason,
        "new_is_final": revision.standing is Standing.SKIPPED,
        "new_wording": revision.wording,
    }


def _rewrite_messages(connection: sa.Connection, revisions: Sequence[Revision]) -> None:
    """New texts go into the messages that are there, by position, so that attempts keep what they are about."""
    table, link = schema.messages, schema.message_media
    stored = _stored_messages(connection, [revision.post_id for revision in revisions])
    rewritten: list[dict[str, object]] = []
    extra: list[tuple[int, int, int, Draft]] = []
    surplus: list[int] = []
    pictures: list[dict[str, object]] = []
    for revision in revisions:
        account_id, message_ids = stored[revision.post_id]
        drafts = revision.messages or ()
        surplus += message_ids[len(drafts) :]
        for position, draft in enumerate(drafts):
            if position >= len(message_ids):
                extra.append((revision.post_id, account_id, position, draft))
                continue
            rewritten.append({"id": message_ids[position], "new_text": draft.text})
            pictures += _picture_rows(message_ids[position], draft)
    touched = [message_id for _, message_ids in stored.values() for message_id in message_ids]
    for chunk in _chunks(touched):
        connection.execute(sa.delete(link).where(link.c.message_id.in_(chunk)))
    for chunk in _chunks(surplus):
        connection.execute(sa.delete(table).where(table.c.message_id.in_(chunk)))
    if rewritten:
        fresh: dict[str, object] = {
            "text": sa.bindparam("new_text"),
            "state": "pending",
            "reason": "",
            "not_before": None,
            "in_doubt": False,
        }
        connection.execute(sa.update(table).where(table.c.message_id == sa.bindparam("id")).values(fresh), rewritten)
    if pictures:
        connection.execute(sa.insert(link), pictures)
    _add_messages(connection, extra)


def _stored_messages(connection: sa.Connection, post_ids: list[int]) -> dict[int, tuple[int, list[int]]]:
    """For each post its account and its messages' ids in order."""
    table = schema.messages
    found: dict[int, tuple[int, list[int]]] = {}
    for chunk in _chunks(post_ids):
        query = sa.select(table).where(table.c.post_id.in_(chunk)).order_by(table.c.post_id, table.c.position)
        for row in connection.execute(query):
            found.setdefault(row.post_id, (row.account_id, []))[1].append(row.message_id)
    return found


def _chunks(items: list[int], size: int = 500) -> Iterable[list[int]]:
    """Short enough for every engine's limit on parameters."""
    return (items[start : start + size] for start in range(0, len(items), size))


def _add_posts(connection: sa.Connection, campaign_id: int, added: Sequence[tuple[PlannedPost, str]]) -> None:
    if not added:
        return
    table = schema.posts
    rows = [
        {
            "campaign_id": campaign_id,
            "account_id": planned.key.account_id,
            "series": planned.key.series,
            "subject_id": planned.key.subject_id,
            "edition": planned.key.edition,
            "kind": planned.kind.value,
            "code": planned.code,
            "slot_local": slot_text(planned.slot),
            "due_at": planned.slot.due_at,
            "digest": digest,
            "in_reply_to": planned.in_reply_to,
            "wording": planned.wording,
        }
        for planned, digest in added
    ]
    connection.execute(sa.insert(table), rows)  # and the ids by code: RETURNING takes four times as long
    codes = sa.select(table.c.code, table.c.post_id).where(table.c.campaign_id == campaign_id)
    post_ids = dict(connection.execute(codes).all())
    flat = [
        (post_ids[planned.code], planned.key.account_id, position, draft)
        for planned, _ in added
        for position, draft in enumerate(planned.messages)
    ]
    _add_messages(connection, flat)


def _add_messages(connection: sa.Connection, flat: Sequence[tuple[int, int, int, Draft]]) -> None:
    """Insert messages given as post, account, position and draft."""
    table = schema.messages
    if not flat:
        return
    rows = [
        {"post_id": post_id, "account_id": account_id, "position": position, "text": draft.text}
        for post_id, account_id, position, draft in flat
    ]
    if not any(draft.media for *_, draft in flat):
        connection.execute(sa.insert(table), rows)
        return
    statement = sa.insert(table).returning(table.c.message_id, sort_by_parameter_order=True)
    message_ids = connection.execute(statement, rows).scalars().all()
    pictures = [
        row
        for message_id, (*_, draft) in zip(message_ids, flat, strict=True)
        for row in _picture_rows(message_id, draft)
    ]
    connection.execute(sa.insert(schema.message_media), pictures)


def _picture_rows(message_id: int, draft: Draft) -> list[dict[str, object]]:
    return [
        {"message_id": message_id, "position": position, "sha256": media.sha256, "alt_text": media.alt_text}
        for position, media in enumerate(draft.media)
    ]
