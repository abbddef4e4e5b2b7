"""A ranking as rows, written by whoever loads a list or corrects one."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from bot.consent import Recorded, said
from bot.model import Ranking, Worker
from bot.storage import schema
from bot.storage.consents import write_consents

WORKER_FIELDS = tuple(field for field in Worker.__dataclass_fields__ if field != "consent")
"""The columns of a worker; consent has a table of its own."""


def write_ranking(
    connection: sa.Connection, campaign_id: int, ranking: Ranking, recorded: Mapping[str, Recorded] | None
) -> None:
    """Workers, organisations and consents, in the place of those before."""
    workers, organisations = schema.workers, schema.organisations
    for table in (workers, organisations):
        connection.execute(sa.delete(table).where(table.c.campaign_id == campaign_id))
    if ranking.workers:
        connection.execute(sa.insert(workers), _worker_rows(campaign_id, ranking))
        connection.execute(sa.insert(organisations), _organisation_rows(campaign_id, ranking))
    if recorded is None:
        recorded = {
            worker.worker_id: Recorded(consent=worker.consent, listed=said(worker.consent))
            for worker in ranking.workers
            if worker.consent
        }
    write_consents(connection, campaign_id, recorded, [worker.worker_id for worker in ranking.workers])


def _worker_rows(campaign_id: int, ranking: Ranking) -> list[dict[str, object]]:
    return [
        {"campaign_id": campaign_id, "position": position, **{key: getattr(worker, key) for key in WORKER_FIELDS}}
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
