"""What people sent in for a day of posts.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision: str | None = "0006"


def upgrade() -> None:
    """One table; pictures lie with all others."""
    op.create_table(
        "contributions",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("contribution_id", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("time", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("photo", sa.String(length=64), nullable=True),
        sa.Column("alt_text", sa.Text(), server_default="", nullable=False),
        sa.Column("consent", sa.Text(), server_default="", nullable=False),
        sa.Column("consented", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("origin", sa.String(length=64), nullable=False),
        sa.Column("thread", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("state", sa.String(length=20), server_default="waiting", nullable=False),
        sa.Column("moderated_by", sa.Text(), server_default="", nullable=False),
        sa.Column("moderated_at", sa.String(length=27), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("despite", sa.Text(), server_default="", nullable=False),
        sa.Column("despite_rules", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.campaign_id"], name=op.f("fk_contributions_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(["photo"], ["media.sha256"], name=op.f("fk_contributions_photo_media")),
        sa.PrimaryKeyConstraint("campaign_id", "contribution_id", name=op.f("pk_contributions")),
        sa.UniqueConstraint("campaign_id", "number", name=op.f("uq_contributions_campaign_id_number")),
    )
