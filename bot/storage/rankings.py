"""The ranked list as loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from bot.consent import Recorded
from bot.model import AuditEntry, Organisation, Ranking, Worker
from bot.storage import schema
from bot.storage.consents import consents_of
from bot.storage.contribution_rows import contributions_of
from bot.storage.engine import Database
from bot.storage.journal import write_entry
from bot.storage.list_rows import WORKER_FIELDS, write_ranking
from bot.storage.plans import Revision, remake_posts


class Rankings:
    """Intent methods about the list; one transaction each."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(
        self,
        campaign_id: int,
        ranking: Ranking,
        *,
        folder: Path,
        now: datetime,
        entry: AuditEntry,
        recorded: Mapping[str, Recorded] | None = None,
        unsigned: Sequence[tuple[str, Revision, AuditEntry]] = (),
    ) -> tuple[str, ...]:
        """Put this list in the place of the one before. ``folder`` is where its pictures lie; ``recorded`` are the consents
        of its people, unless they all come from the list itself. ``unsigned`` are posts whose sign-off ends with it, each as
        for ``Plans.remake`` and with what the log says of it; their codes come back."""
        lists = schema.lists
        with self._database.write() as connection:
            write_ranking(connection, campaign_id, ranking, recorded)
            connection.execute(sa.delete(lists).where(lists.c.campaign_id == campaign_id))
            connection.execute(sa.insert(lists).values(campaign_id=campaign_id, folder=str(folder), loaded_at=now))
            write_entry(connection, campaign_id, entry)
            revised = [(digest, revision) for digest, revision, _ in unsigned]
            return remake_posts(connection, campaign_id, revised, [ended for *_, ended in unsigned])

    def recorded(self, campaign_id: int) -> dict[str, Recorded]:
        """What is recorded of people's consent, by worker id, also of people who are not on the list at the moment."""
        with self._database.read() as connection:
            return consents_of(connection, campaign_id)

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
            contributions = contributions_of(connection, campaign_id)
            consents = {worker_id: known.consent for worker_id, known in consents_of(connection, campaign_id).items()}
        members = _members(worker_rows)
        return Ranking(
            contributions=contributions,
            workers=tuple(
                Worker(**{key: row[key] for key in WORKER_FIELDS}, consent=consents.get(row["worker_id"]))
                for row in worker_rows
            ),
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


def _members(worker_rows: Sequence[sa.RowMapping]) -> dict[str, list[str]]:
    """The ids of each organisation's workers, in the order of the list."""
    members: dict[str, list[str]] = {}
    for row in worker_rows:
        members.setdefault(row["organisation_id"], []).append(row["worker_id"])
    return members
