"""What people have agreed to, beside the list that names them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import sqlalchemy as sa

from bot.consent import Consent, Recorded
from bot.storage.schema_consent import consents

_BATCH = 500


def consents_of(connection: sa.Connection, campaign_id: int) -> dict[str, Recorded]:
    """Everything that is recorded, by worker id, also of people who are not on the list at the moment."""
    rows = connection.execute(sa.select(consents).where(consents.c.campaign_id == campaign_id)).mappings()
    return {row["worker_id"]: Recorded(consent=_consent(row), listed=row["listed"]) for row in rows}


def write_consents(
    connection: sa.Connection, campaign_id: int, recorded: Mapping[str, Recorded], people: Iterable[str]
) -> None:
    """Put what is recorded of these people, and what lists said of people who are gone, in the place of what was.

    What was recorded by hand of somebody who is not on the list stays: the next list may be the right one again.
    """
    mine = consents.c.campaign_id == campaign_id
    ids = list(people)
    connection.execute(sa.delete(consents).where(mine, consents.c.by_hand.is_(False)))
    for start in range(0, len(ids), _BATCH):
        connection.execute(sa.delete(consents).where(mine, consents.c.worker_id.in_(ids[start : start + _BATCH])))
    rows = [_row(campaign_id, worker_id, recorded[worker_id]) for worker_id in ids if worker_id in recorded]
    if rows:
        connection.execute(sa.insert(consents), rows)


def _row(campaign_id: int, worker_id: str, recorded: Recorded) -> dict[str, object]:
    consent = recorded.consent
    return {
        "campaign_id": campaign_id,
        "worker_id": worker_id,
        "may_name": consent.name,
        "photo": consent.photo,
        "tag": consent.tag,
        "networks": " ".join(consent.networks),
        "recorded_by": consent.recorded_by,
        "recorded_on": consent.recorded_on.isoformat() if consent.recorded_on else None,
        "how": consent.how,
        "until": consent.until.isoformat() if consent.until else None,
        "by_hand": consent.by_hand,
        "listed": recorded.listed,
    }


def _consent(row: sa.RowMapping) -> Consent:
    return Consent(
        name=row["may_name"],
        photo=row["photo"],
        tag=row["tag"],
        networks=tuple(row["networks"].split()),
        recorded_by=row["recorded_by"],
        recorded_on=date.fromisoformat(row["recorded_on"]) if row["recorded_on"] else None,
        how=row["how"],
        until=date.fromisoformat(row["until"]) if row["until"] else None,
        by_hand=row["by_hand"],
    )
