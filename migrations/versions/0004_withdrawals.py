"""Who has withdrawn, and who must never be named.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision: str | None = "0003"


def upgrade() -> None:
    """Three tables: withdrawals, the stop list, and what is said of places that nobody is named for."""
    _withdrawals()
    op.create_table(
        "stop_list",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("added_by", sa.Text(), server_default="", nullable=False),
        sa.Column("added_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_stop_list")),
    )
    op.create_table(
        "podium_gaps",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("words", sa.String(length=10), nullable=False),
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.campaign_id"], name=op.f("fk_podium_gaps_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.audit_id"], name=op.f("fk_podium_gaps_audit_id_audit")),
        sa.PrimaryKeyConstraint("campaign_id", "rank", name=op.f("pk_podium_gaps")),
    )


def _withdrawals() -> None:
    op.create_table(
        "withdrawals",
        sa.Column("withdrawal_id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("worker_id", sa.String(length=80), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("organisation", sa.Text(), server_default="", nullable=False),
        sa.Column("handle", sa.Text(), nullable=True),
        sa.Column("keeps_organisation", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("undone_at", sa.String(length=27), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.campaign_id"], name=op.f("fk_withdrawals_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.audit_id"], name=op.f("fk_withdrawals_audit_id_audit")),
        sa.PrimaryKeyConstraint("withdrawal_id", name=op.f("pk_withdrawals")),
    )
    op.create_index(op.f("ix_withdrawals_campaign_id"), "withdrawals", ["campaign_id"])
