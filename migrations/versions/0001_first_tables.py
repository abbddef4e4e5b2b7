"""The first tables."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table; the order follows the references between them."""
    _accounts()
    _campaigns()
    _media()
    _runners()
    _audit()
    _lists()
    _organisations()
    _plans()
    _posts()
    _posts_index()
    _workers()
    _audit_notes()
    _messages()
    _attempts()
    _message_media()
    _installation()


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("network", sa.String(length=20), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("user_id", sa.String(length=30), nullable=True),
        sa.Column("proof", sa.String(length=64), nullable=True),
        sa.Column("proved_at", sa.String(length=27), nullable=True),
        sa.Column("stopped", sa.Text(), server_default="", nullable=False),
        sa.Column("resume_at", sa.String(length=27), nullable=True),
        sa.Column("owner", sa.String(length=64), server_default="", nullable=False),
        sa.Column("lease_until", sa.String(length=27), nullable=True),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("network", "handle", name=op.f("uq_accounts_network_handle")),
    )


def _campaigns() -> None:
    op.create_table(
        "campaigns",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), server_default="{}", nullable=False),
        sa.Column("config_digest", sa.Text(), server_default="", nullable=False),
        sa.Column("plan_code", sa.Text(), server_default="", nullable=False),
        sa.Column("planned_at", sa.String(length=27), nullable=True),
        sa.Column("started_at", sa.String(length=27), nullable=True),
        sa.Column("started_by", sa.Text(), server_default="", nullable=False),
        sa.Column("mode", sa.Text(), server_default="practice", nullable=False),
        sa.Column("paused_at", sa.String(length=27), nullable=True),
        sa.Column("paused_by", sa.Text(), server_default="", nullable=False),
        sa.Column("pause_reason", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("name", name=op.f("uq_campaigns_name")),
    )


def _media() -> None:
    op.create_table(
        "media",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("mime", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_media")),
    )


def _runners() -> None:
    op.create_table(
        "runners",
        sa.Column("runner_id", sa.String(length=64), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.String(length=27), nullable=False),
        sa.Column("heartbeat_at", sa.String(length=27), nullable=False),
        sa.Column("stopped_at", sa.String(length=27), nullable=True),
        sa.Column("boot_id", sa.Text(), server_default="", nullable=False),
        sa.Column("process_started", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("runner_id", name=op.f("pk_runners")),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("post_code", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.campaign_id"], name=op.f("fk_audit_campaign_id_campaigns")
        ),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_campaign_id_at"), "audit", ["campaign_id", "at"], unique=False)


def _lists() -> None:
    op.create_table(
        "lists",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("loaded_at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.campaign_id"], name=op.f("fk_lists_campaign_id_campaigns")
        ),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_lists")),
    )


def _organisations() -> None:
    op.create_table(
        "organisations",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.campaign_id"], name=op.f("fk_organisations_campaign_id_campaigns")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "organisation_id", name=op.f("pk_organisations")),
    )


def _plans() -> None:
    op.create_table(
        "plans",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("plan_code", sa.String(length=20), nullable=False),
        sa.Column("made_at", sa.String(length=27), nullable=False),
        sa.Column("contents", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.campaign_id"], name=op.f("fk_plans_campaign_id_campaigns")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "plan_code", name=op.f("pk_plans")),
    )


def _posts() -> None:
    op.create_table(
        "posts",
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.String(length=80), nullable=False),
        sa.Column("edition", sa.Integer(), server_default="0", nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("slot_local", sa.String(length=19), nullable=False),
        sa.Column("due_at", sa.String(length=27), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("standing", sa.String(length=10), server_default="draft", nullable=False),
        sa.Column("standing_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("approved_by", sa.Text(), server_default="", nullable=False),
        sa.Column("approved_at", sa.String(length=27), nullable=True),
        sa.Column("approved_digest", sa.Text(), server_default="", nullable=False),
        sa.Column("approved_plan_code", sa.Text(), server_default="", nullable=False),
        sa.Column("moved_by_hand", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_final", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("in_reply_to", sa.String(length=30), nullable=True),
        sa.Column("wording", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_posts_account_id_accounts")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.campaign_id"], name=op.f("fk_posts_campaign_id_campaigns")
        ),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_posts")),
        sa.UniqueConstraint("campaign_id", "code", name=op.f("uq_posts_campaign_id_code")),
        sa.UniqueConstraint(
            "campaign_id",
            "series",
            "subject_id",
            "account_id",
            "edition",
            name=op.f("uq_posts_campaign_id_series_subject_id_account_id_edition"),
        ),
    )


def _posts_index() -> None:
    op.create_index(
        op.f("ix_posts_account_id_is_final_due_at"), "posts", ["account_id", "is_final", "due_at"], unique=False
    )


def _workers() -> None:
    op.create_table(
        "workers",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("worker_id", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("tied", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.String(length=80), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=True),
        sa.Column("handle", sa.Text(), nullable=True),
        sa.Column("organisation_handle", sa.Text(), nullable=True),
        sa.Column("photo", sa.Text(), nullable=True),
        sa.Column("alt_text", sa.Text(), nullable=True),
        sa.Column("pronouns", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.campaign_id"], name=op.f("fk_workers_campaign_id_campaigns")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "worker_id", name=op.f("pk_workers")),
    )


def _audit_notes() -> None:
    op.create_table(
        "audit_notes",
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.audit_id"], name=op.f("fk_audit_notes_audit_id_audit")),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_audit_notes")),
    )


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), server_default="pending", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("not_before", sa.String(length=27), nullable=True),
        sa.Column("in_doubt", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("network_id", sa.String(length=30), nullable=True),
        sa.Column("url", sa.Text(), server_default="", nullable=False),
        sa.Column("posted_at", sa.String(length=27), nullable=True),
        sa.Column("adopted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_messages_account_id_accounts")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.post_id"], name=op.f("fk_messages_post_id_posts")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_messages")),
        sa.UniqueConstraint("account_id", "network_id", name=op.f("uq_messages_account_id_network_id")),
        sa.UniqueConstraint("post_id", "position", name=op.f("uq_messages_post_id_position")),
    )
    op.create_index(op.f("ix_messages_account_id_posted_at"), "messages", ["account_id", "posted_at"], unique=False)


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("attempt_no", sa.Integer(), nullable=False),
        sa.Column("runner_id", sa.String(length=64), nullable=False),
        sa.Column("text_hash", sa.String(length=64), nullable=False),
        sa.Column("in_reply_to", sa.String(length=30), nullable=True),
        sa.Column("called_at", sa.String(length=27), nullable=False),
        sa.Column("closed_at", sa.String(length=27), nullable=True),
        sa.Column("verdict", sa.Text(), server_default="", nullable=False),
        sa.Column("refusal", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("network_id", sa.String(length=30), nullable=True),
        sa.Column("looks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("absent_looks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_look_at", sa.String(length=27), nullable=True),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("settle_from", sa.String(length=27), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_attempts_account_id_accounts")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.campaign_id"], name=op.f("fk_attempts_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(["message_id"], ["messages.message_id"], name=op.f("fk_attempts_message_id_messages")),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_attempts")),
        sa.UniqueConstraint("message_id", "attempt_no", name=op.f("uq_attempts_message_id_attempt_no")),
    )
    op.create_index(
        "uq_attempts_one_open_per_account",
        "attempts",
        ["account_id"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )


def _message_media() -> None:
    op.create_table(
        "message_media",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("alt_text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.message_id"], name=op.f("fk_message_media_message_id_messages")
        ),
        sa.ForeignKeyConstraint(["sha256"], ["media.sha256"], name=op.f("fk_message_media_sha256_media")),
        sa.PrimaryKeyConstraint("message_id", "position", name=op.f("pk_message_media")),
    )


def _installation() -> None:
    """One row, with an id that all copies of this database share."""
    table = op.create_table(
        "installation",
        sa.Column("only", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("database_id", sa.String(length=36), nullable=False),
        sa.Column("installation_id", sa.String(length=36), nullable=True),
        sa.Column("bound_at", sa.String(length=27), nullable=True),
        sa.Column("doubt", sa.Text(), server_default="", nullable=False),
        sa.Column("clock_trusted_at", sa.String(length=27), nullable=True),
        sa.PrimaryKeyConstraint("only", name=op.f("pk_installation")),
    )
    op.bulk_insert(table, [{"only": 1, "database_id": str(uuid.uuid4())}])
