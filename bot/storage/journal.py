"""The audit log: written in the same transaction as what it tells of."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from bot.model import AuditEntry
from bot.storage import schema
from bot.storage.engine import Database

_ADD = sa.insert(schema.audit)


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

    def add_for_account(self, account_id: int, entry: AuditEntry) -> None:
        """Record something about an account in every campaign that has posts on it which are not final."""
        posts = schema.posts
        query = sa.select(posts.c.campaign_id).where(posts.c.account_id == account_id, posts.c.is_final.is_(False))
        with self._database.write() as connection:
            for campaign_id in connection.execute(query.distinct()).scalars().all():
                write_entry(connection, campaign_id, entry)

    def last_action(self, detail: str, actions: Sequence[str]) -> str | None:
        """Which of these actions was recorded last with this very detail, in any campaign; None when none was."""
        table = schema.audit
        query = (
            sa.select(table.c.action)
            .where(table.c.action.in_(actions), table.c.detail == detail)
            .order_by(table.c.audit_id.desc())
            .limit(1)
        )
        with self._database.read() as connection:
            return connection.execute(query).scalar_one_or_none()

    def entries(self, campaign_id: int, *, limit: int | None = None) -> tuple[AuditEntry, ...]:
        """The newest ``limit`` entries (all without one), oldest first."""
        table, notes = schema.audit, schema.audit_notes
        query = (
            sa.select(table, notes.c.note)
            .join(notes, notes.c.audit_id == table.c.audit_id, isouter=True)
            .where(table.c.campaign_id == campaign_id)
            .order_by(table.c.audit_id.desc())
            .limit(limit)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return tuple(
            AuditEntry(
                at=row.at,
                actor=row.actor,
                action=row.action,
                post_code=row.post_code,
                detail=row.detail,
                note=row.note or "",
            )
            for row in reversed(rows)
        )
