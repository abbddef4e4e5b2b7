"""The ranked list as loaded."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from bot.model import AuditEntry, Organisation, Ranking, Worker
from bot.storage import schema
from bot.storage.engine import Database
from bot.storage.journal import write_entry

_WORKER_FIELDS = tuple(Worker.__dataclass_fields__)


class Rankings:
    """Intent methods about the list; one transaction each."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, campaign_id: int, ranking: Ranking, *, folder: Path, now: datetime, entry: AuditEntry) -> None:
        """Put this list in the place of the one before. ``folder`` is where its pictures lie."""
        workers, organisations, lists = schema.workers, schema.organisations, schema.lists
        with self._database.write() as connection:
            for table in (workers, organisations, lists):
                connection.execute(sa.delete(table).where(table.c.campaign_id == campaign_id))
            if ranking.workers:
                connection.execute(sa.insert(workers), _worker_rows(campaign_id, ranking))
                connection.execute(sa.insert(organisations), _organisation_rows(campaign_id, ranking))
            connection.execute(sa.insert(lists).values(campaign_id=campaign_id, folder=str(folder), loaded_at=now))
            write_entry(connection, campaign_id, entry)

    def load(self, campaign_id: int) -> Ranking:
        """The list as it was loaded last; empty when there is none."""
        workers, organisations = schema.workers, schema.organisations
        with self._database.read() as connection:
            worker_rows = (
                connection.execute(
                    sa.select(workers).where(workers.c.campaign_id == campaign_id).order_by(workers.c.position)
                )
                .mappings()
                .all()
            )
            organisation_rows = (
                connection.execute(
                    sa.select(organisations)
                    .where(organisations.c.campaign_id == campaign_id)
                    .order_by(organisations.c.position)
                )
                .mappings()
                .all()
            )
        members: dict[str, list[str]] = {}
        for row in worker_rows:
            members.setdefault(row["organisation_id"], []).append(row["worker_id"])
        return Ranking(
            workers=tuple(Worker(**{key: row[key] for key in _WORKER_FIELDS}) for row in worker_rows),
            organisations=tuple(
                Organisation(
                    organisation_id=row["organisation_id"],
                    name=row["name"],
                    handle=row["handle"],
                    worker_ids=tuple(members.get(row["organisation_id"], ())),
                    count=row["count"],
                )
                for row in organisation_rows
            ),
        )

    def folder(self, campaign_id: int) -> Path | None:
        """Where the list lay when it was loaded."""
        table = schema.lists
        with self._database.read() as connection:
            found = connection.execute(
                sa.select(table.c.folder).where(table.c.campaign_id == campaign_id)
            ).scalar_one_or_none()
        return Path(found) if found else None


def _worker_rows(campaign_id: int, ranking: Ranking) -> list[dict[str, object]]:
    return [
        {"campaign_id": campaign_id, "position": position, **{key: getattr(worker, key) for key in _WORKER_FIELDS}}
        for position, worker in enumerate(ranking.workers)
    ]


def _organisation_rows(campaign_id: int, ranking: Ranking) -> list[dict[str, object]]:
    return [
        {
            "campaign_id": campaign_id,
            "position": position,
            "organisation_id": organisation.organisation_id,
            "name": organisation.name,
            "handle": organisation.handle,
            "count": organisation.count,
        }
        for position, organisation in enumerate(ranking.organisations)
    ]
