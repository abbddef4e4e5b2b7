"""Rows of the table of contributions, and what they mean."""

from __future__ import annotations

import sqlalchemy as sa

from bot.contribution import Contribution, Moderation, Photo
from bot.storage import schema
from bot.storage.schema_contributions import contributions as table

_PLAIN = ("contribution_id", "number", "time", "name", "text", "alt_text", "consent", "consented", "origin", "thread")
_SAID = ("moderated_by", "moderated_at", "note", "despite")


def contributions_of(connection: sa.Connection, campaign_id: int) -> tuple[Contribution, ...]:
    """All of a campaign, for other methods that read in the same transaction."""
    media = schema.media
    query = (
        sa.select(table, media.c.mime, media.c.size)
        .join(media, media.c.sha256 == table.c.photo, isouter=True)
        .where(table.c.campaign_id == campaign_id)
        .order_by(table.c.number)
    )
    return tuple(_contribution(row) for row in connection.execute(query).mappings())


def _contribution(row: sa.RowMapping) -> Contribution:
    photo = Photo(sha256=row["photo"], mime=row["mime"], size=row["size"]) if row["photo"] else None
    return Contribution(
        **{name: row[name] for name in (*_PLAIN, *_SAID)},
        photo=photo,
        state=Moderation(row["state"]),
        despite_rules=tuple(row["despite_rules"].split()),
    )


def row_of(contribution: Contribution) -> dict[str, object]:
    return {
        **{name: getattr(contribution, name) for name in (*_PLAIN, *_SAID)},
        "photo": contribution.photo.sha256 if contribution.photo else None,
        "state": contribution.state.value,
        "despite_rules": " ".join(contribution.despite_rules),
    }
