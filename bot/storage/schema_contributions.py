"""What people sent in for a day of posts. Tables of migration 0007. A home of personal values."""

from __future__ import annotations

import sqlalchemy as sa

from bot.storage.schema import UtcInstant, campaign_column, metadata, text_column

contributions = sa.Table(
    "contributions",
    metadata,
    campaign_column(primary_key=True),
    sa.Column("contribution_id", sa.String(80), primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
    text_column("time"),
    text_column("name"),
    text_column("text"),
    sa.Column("photo", sa.String(64), sa.ForeignKey("media.sha256")),
    text_column("alt_text"),
    text_column("consent"),
    sa.Column("consented", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("origin", sa.String(64), nullable=False),
    sa.Column("thread", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("state", sa.String(20), nullable=False, server_default="waiting"),
    text_column("moderated_by"),
    sa.Column("moderated_at", UtcInstant),
    text_column("note"),
    text_column("despite"),
    text_column("despite_rules"),
    sa.UniqueConstraint("campaign_id", "number"),
)
