"""A corrected list, and the posts that follow from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.consent import Recorded
from bot.model import AuditEntry, Ranking
from bot.storage import schema
from bot.storage.as_seen import begun, changed
from bot.storage.engine import Database
from bot.storage.journal import write_entry
from bot.storage.list_rows import write_ranking
from bot.storage.plans import PlanUpdate, apply_update


class Fixes:
    """Intent methods about corrections of the loaded list, whose pictures lie where they lay; one transaction each."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def change_list(
        self, campaign_id: int, ranking: Ranking, *, recorded: Mapping[str, Recorded], entries: Sequence[AuditEntry]
    ) -> None:
        """Put a corrected list in the place of the one that was loaded; no post changes."""
        with self._database.write() as connection:
            write_ranking(connection, campaign_id, ranking, recorded)
            for entry in entries:
                write_entry(connection, campaign_id, entry)

    def change_posts(
        self,
        campaign_id: int,
        update: PlanUpdate,
        *,
        ranking: Ranking,
        recorded: Mapping[str, Recorded],
        seen: Mapping[int, str],
        now: datetime,
    ) -> bool:
        """Write a corrected list and the planning that follows from it, or nothing when one of the posts ``seen`` (by id,
        with its digest) has another digest by now, or has begun. Says whether it was done."""
        with self._database.write() as connection:
            overtaken = changed(connection, campaign_id, update.seen, update.based_on)
            if overtaken or not _are_as_seen(connection, seen):
                return False
            write_ranking(connection, campaign_id, ranking, recorded)
            apply_update(connection, campaign_id, update, now)
        return True


def _are_as_seen(connection: sa.Connection, seen: Mapping[int, str]) -> bool:
    table, messages = schema.posts, schema.messages
    mine = table.c.post_id.in_(list(seen))
    locked = sa.select(table.c.post_id, table.c.digest).where(mine).order_by(table.c.post_id).with_for_update()
    if {row.post_id: row.digest for row in connection.execute(locked)} != dict(seen):
        return False
    late = sa.select(messages.c.message_id).where(messages.c.post_id.in_(list(seen)), begun())
    return connection.execute(late).first() is None
