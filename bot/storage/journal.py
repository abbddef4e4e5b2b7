"""The audit log: written in the same transaction as what it tells of."""

from __future__ import annotations

import sqlalchemy as sa

from bot.model import AuditEntry
from bot.storage import schema
from bot.storage.engine import Database


def write_entry(connection: sa.Connection, campaign_id: int, entry: AuditEntry) -> int:
    """Add one entry and give its id; its note, which may name people, goes to the erasable table."""
    inserted = connection.execute(
        sa.insert(schema.audit).values(
            campaign_id=campaign_id,
            at=entry.at,
            actor=entry.actor,
            action=entry.action,
            post_code=entry.post_code,
            detail=entry.detail,
        )
    )
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
