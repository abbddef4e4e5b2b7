"""What each person on the list has agreed to.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"


def upgrade() -> None:
    """One table; who recorded it and how are personal values."""
    op.create_table(
        "consents",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("worker_id", sa.String(length=80), nullable=False),
        sa.Column("may_name", sa.Boolean(), nullable=False),
        sa.Column("photo", sa.Boolean(), nullable=False),
        sa.Column("tag", sa.Boolean(), nullable=False),
        sa.Column("networks", sa.Text(), server_default="", nullable=False),
        sa.Column("recorded_by", sa.Text(), server_default="", nullable=False),
        sa.Column("recorded_on", sa.String(length=10), nullable=True),
        sa.Column("how", sa.Text(), server_default="", nullable=False),
        sa.Column("until", sa.String(length=10), nullable=True),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("listed", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.campaign_id"], name=op.f("fk_consents_campaign_id_campaigns")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "worker_id", name=op.f("pk_consents")),
    )
