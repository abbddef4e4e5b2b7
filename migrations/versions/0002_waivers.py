"""What people have waived or ticked of the checks.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    """One table; name and reason stand in the log."""
    op.create_table(
        "waivers",
        sa.Column("waiver_id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("post_code", sa.String(length=40), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.campaign_id"], name=op.f("fk_waivers_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.audit_id"], name=op.f("fk_waivers_audit_id_audit")),
        sa.PrimaryKeyConstraint("waiver_id", name=op.f("pk_waivers")),
    )
    op.create_index(op.f("ix_waivers_campaign_id"), "waivers", ["campaign_id"])
