"""Waivers and ticks: which check, which post, and a pointer to the log entry that says who and why.

Name and reason stand in the log alone, which is where personal values can be erased.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from bot.acceptance import Acceptance, AcceptanceKind
from bot.model import AuditEntry
from bot.storage import schema
from bot.storage.engine import Database
from bot.storage.journal import write_entry


class Waivers:
    """Intent methods about waivers and ticks; one transaction each."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, campaign_id: int, given: Sequence[Acceptance], *, entry: AuditEntry) -> None:
        """Record what one person accepts, with one line in the log, whose actor and note are name and reason."""
        with self._database.write() as connection:
            audit_id = write_entry(connection, campaign_id, entry)
            rows = [
                {"campaign_id": campaign_id, "audit_id": audit_id, "kind": one.kind.value, "rule": one.rule}
                | {"post_code": one.post_code, "mark": one.mark}
                for one in dict.fromkeys(given)
            ]
            if rows:
                connection.execute(sa.insert(schema.waivers), rows)

    def take_back(self, campaign_id: int, rule: str, post_code: str | None, *, entry: AuditEntry) -> None:
        """Forget what was accepted of a check, of one post or (None) at all, with one line in the log; the old lines stay."""
        table = schema.waivers
        mine = (table.c.campaign_id == campaign_id) & (table.c.rule == rule)
        if post_code is not None:
            mine &= table.c.post_code == post_code
        with self._database.write() as connection:
            connection.execute(sa.delete(table).where(mine))
            write_entry(connection, campaign_id, entry)

    def all(self, campaign_id: int) -> tuple[Acceptance, ...]:
        """Everything that is accepted in a campaign, oldest first."""
        table, audit, notes = schema.waivers, schema.audit, schema.audit_notes
        query = (
            sa.select(table, audit.c.actor, audit.c.at, notes.c.note)
            .join(audit, audit.c.audit_id == table.c.audit_id)
            .join(notes, notes.c.audit_id == table.c.audit_id, isouter=True)
            .where(table.c.campaign_id == campaign_id)
            .order_by(table.c.waiver_id)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return tuple(
            Acceptance(
                kind=AcceptanceKind(row.kind),
                rule=row.rule,
                post_code=row.post_code,
                mark=row.mark,
                by=row.actor,
                at=row.at,
                reason=row.note or "",
            )
            for row in rows
        )
