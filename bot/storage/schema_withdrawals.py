"""Who has withdrawn, and who must never be named. Tables of migration 0004. Both tables of names are homes of personal
values: ``withdrawals`` keeps a keyed hash when its names are erased."""

from __future__ import annotations

import sqlalchemy as sa

from bot.storage.schema import UtcInstant, campaign_column, metadata, text_column

withdrawals = sa.Table(
    "withdrawals",
    metadata,
    sa.Column("withdrawal_id", sa.Integer, primary_key=True),
    campaign_column(),
    sa.Column("worker_id", sa.String(80), nullable=False),
    sa.Column("rank", sa.Integer, nullable=False),
    sa.Column("mark", sa.String(64), nullable=False),
    text_column("name"),
    text_column("organisation"),
    sa.Column("handle", sa.Text),
    sa.Column("keeps_organisation", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("audit_id", sa.Integer, sa.ForeignKey("audit.audit_id"), nullable=False),
    sa.Column("undone_at", UtcInstant),
    sa.Index(None, "campaign_id"),
)

stop_list = sa.Table(
    "stop_list",
    metadata,
    sa.Column("entry_id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    text_column("organisation"),
    text_column("reason"),
    text_column("added_by"),
    sa.Column("added_at", UtcInstant, nullable=False),
)

podium_gaps = sa.Table(
    "podium_gaps",
    metadata,
    campaign_column(primary_key=True),
    sa.Column("rank", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("words", sa.String(10), nullable=False),
    sa.Column("audit_id", sa.Integer, sa.ForeignKey("audit.audit_id"), nullable=False),
)
