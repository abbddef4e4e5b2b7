"""What the network counted for each message, over time.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision: str | None = "0004"


def upgrade() -> None:
    """A row for each reading, and one for each message in it."""
    op.create_table(
        "metric_readings",
        sa.Column("reading_id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.String(length=27), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), server_default="0", nullable=False),
        sa.Column("charged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("price", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.campaign_id"], name=op.f("fk_metric_readings_campaign_id_campaigns")
        ),
        sa.PrimaryKeyConstraint("reading_id", name=op.f("pk_metric_readings")),
        sa.UniqueConstraint("campaign_id", "taken_at", name=op.f("uq_metric_readings_campaign_id_taken_at")),
    )
    kinds = ("likes", "replies", "reposts", "quotes", "impressions", "bookmarks")
    op.create_table(
        "metrics",
        sa.Column("reading_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("gone", sa.Boolean(), server_default=sa.false(), nullable=False),
        *(sa.Column(kind, sa.BigInteger()) for kind in kinds),
        sa.ForeignKeyConstraint(["message_id"], ["messages.message_id"], name=op.f("fk_metrics_message_id_messages")),
        sa.ForeignKeyConstraint(
            ["reading_id"], ["metric_readings.reading_id"], name=op.f("fk_metrics_reading_id_metric_readings")
        ),
        sa.PrimaryKeyConstraint("reading_id", "message_id", name=op.f("pk_metrics")),
    )
    op.create_index(op.f("ix_metrics_message_id_gone_reading_id"), "metrics", ["message_id", "gone", "reading_id"])
