"""The audit log: written in the same transaction as what it tells of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from bot.model import AuditEntry
from bot.storage import schema
from bot.storage.engine import Database

_ADD = sa.insert(schema.audit)
_ENTRIES = sa.select(schema.audit, schema.audit_notes.c.note).join(
    schema.audit_notes, schema.audit_notes.c.audit_id == schema.audit.c.audit_id, isouter=True
)


def write_entry(connection: sa.Connection, campaign_id: int, entry: AuditEntry) -> int:
    """Add one entry and give its id; its note, which may name people, goes to the erasable table."""
    values = {
        "campaign_id": campaign_id,
        "at": entry.at,
        "actor": entry.actor,
        "action": entry.action,
        "post_code": entry.post_code,
        "detail": entry.detail,
    }
    inserted = connection.execute(_ADD, values)
    key = inserted.inserted_primary_key
    audit_id = int(key[0]) if key else 0
    if entry.note:
        connection.execute(sa.insert(schema.audit_notes).values(audit_id=audit_id, note=entry.note))
    return audit_id


class Journal:
    """Who did what, when."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, campaign_id: int, entry: AuditEntry) -> None:
        """Record something that changes nothing else."""
        with self._database.write() as connection:
            write_entry(connection, campaign_id, entry)

    def add_for_account(self, account_id: int, entry: AuditEntry) -> tuple[int, ...]:
        """Record something about an account in every campaign that has posts on it which are not final: in these."""
        posts = schema.posts
        query = sa.select(posts.c.campaign_id).where(posts.c.account_id == account_id, posts.c.is_final.is_(False))
        with self._database.write() as connection:
            campaigns = tuple(connection.execute(query.distinct().order_by(posts.c.campaign_id)).scalars())
            for campaign_id in campaigns:
                write_entry(connection, campaign_id, entry)
        return campaigns

    def latest(self, detail: str, actions: Sequence[str]) -> AuditEntry | None:
        """The newest entry of these actions with this very detail, in any campaign; None when there is none."""
        query = (
            _ENTRIES.where(schema.audit.c.action.in_(actions), schema.audit.c.detail == detail)
            .order_by(schema.audit.c.audit_id.desc())
            .limit(1)
        )
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return _entry_from(row) if row is not None else None

    def entries(self, campaign_id: int, *, limit: int | None = None) -> tuple[AuditEntry, ...]:
        """The newest ``limit`` entries (all without one), oldest first."""
        of_campaign = schema.audit.c.campaign_id == campaign_id
        query = _ENTRIES.where(of_campaign).order_by(schema.audit.c.audit_id.desc()).limit(limit)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return tuple(_entry_from(row) for row in reversed(rows))


def _entry_from(row: sa.Row[Any]) -> AuditEntry:
    return AuditEntry(
        at=row.at,
        actor=row.actor,
        action=row.action,
        post_code=row.post_code,
        detail=row.detail,
        note=row.note or "",
    )
