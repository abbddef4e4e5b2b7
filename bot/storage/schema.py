"""The tables. One linear Alembic history makes them (migrations/); a test holds the two against each other.

Instants are stored as text of one fixed width in UTC, so that they sort and compare alike on every engine and can
be read in any database browser. Personal values live in ``workers``, ``organisations``, ``messages``, ``media`` and
``audit_notes`` only; everything else keeps ids, codes and hashes.
"""

from __future__ import annotations

import importlib
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator


class UtcInstant(TypeDecorator[datetime]):
    """An aware instant, stored as ``2027-03-08T09:00:00.000000Z``."""

    impl = sa.String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002  # given
        return (
            None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        )

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002  # given
        return None if value is None else datetime.fromisoformat(value)


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def campaign_column(*, primary_key: bool = False) -> sa.Column[int]:
    return sa.Column(
        "campaign_id", sa.Integer, sa.ForeignKey("campaigns.campaign_id"), nullable=False, primary_key=primary_key
    )


def account_column() -> sa.Column[int]:
    return sa.Column("account_id", sa.Integer, sa.ForeignKey("accounts.account_id"), nullable=False)


def text_column(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=default)


campaigns = sa.Table(
    "campaigns",
    metadata,
    sa.Column("campaign_id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    text_column("settings", "{}"),
    text_column("config_digest"),
    text_column("plan_code"),
    sa.Column("planned_at", UtcInstant),
    sa.Column("started_at", UtcInstant),
    text_column("started_by"),
    text_column("mode", "practice"),
    sa.Column("paused_at", UtcInstant),
    text_column("paused_by"),
    text_column("pause_reason"),
)

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("account_id", sa.Integer, primary_key=True),
    sa.Column("network", sa.String(20), nullable=False),
    sa.Column("handle", sa.Text, nullable=False),
    sa.Column("user_id", sa.String(30)),
    sa.Column("proof", sa.String(64)),
    sa.Column("proved_at", UtcInstant),
    text_column("stopped"),
    sa.Column("resume_at", UtcInstant),
    sa.Column("owner", sa.String(64), nullable=False, server_default=""),
    sa.Column("lease_until", UtcInstant),
    sa.Column("fence", sa.Integer, nullable=False, server_default="0"),
    sa.UniqueConstraint("network", "handle"),
)

workers = sa.Table(
    "workers",
    metadata,
    campaign_column(primary_key=True),
    sa.Column("worker_id", sa.String(80), primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("rank", sa.Integer, nullable=False),
    sa.Column("tied", sa.Boolean, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("organisation_id", sa.String(80), nullable=False),
    sa.Column("organisation", sa.Text, nullable=False),
    sa.Column("count", sa.Integer),
    sa.Column("handle", sa.Text),
    sa.Column("organisation_handle", sa.Text),
    sa.Column("photo", sa.Text),
    sa.Column("alt_text", sa.Text),
    sa.Column("pronouns", sa.Text),
)

organisations = sa.Table(
    "organisations",
    metadata,
    campaign_column(primary_key=True),
    sa.Column("organisation_id", sa.String(80), primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("handle", sa.Text),
    sa.Column("count", sa.Integer),
)

lists = sa.Table(
    "lists",
    metadata,
    campaign_column(primary_key=True),
    sa.Column("folder", sa.Text, nullable=False),
    sa.Column("loaded_at", UtcInstant, nullable=False),
)

posts = sa.Table(
    "posts",
    metadata,
    sa.Column("post_id", sa.Integer, primary_key=True),
    campaign_column(),
    account_column(),
    sa.Column("series", sa.Text, nullable=False),
    sa.Column("subject_id", sa.String(80), nullable=False),
    sa.Column("edition", sa.Integer, nullable=False, server_default="0"),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("code", sa.String(40), nullable=False),
    sa.Column("slot_local", sa.String(19), nullable=False),
    sa.Column("due_at", UtcInstant, nullable=False),
    sa.Column("digest", sa.String(80), nullable=False),
    sa.Column("standing", sa.String(10), nullable=False, server_default="draft"),
    text_column("standing_reason"),
    text_column("approved_by"),
    sa.Column("approved_at", UtcInstant),
    text_column("approved_digest"),
    text_column("approved_plan_code"),
    sa.Column("moved_by_hand", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("is_final", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("in_reply_to", sa.String(30)),
    sa.Column("wording", sa.Integer, nullable=False, server_default="0"),
    sa.UniqueConstraint("campaign_id", "series", "subject_id", "account_id", "edition"),
    sa.UniqueConstraint("campaign_id", "code"),
    sa.Index(None, "account_id", "is_final", "due_at"),
)

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("message_id", sa.Integer, primary_key=True),
    sa.Column("post_id", sa.Integer, sa.ForeignKey("posts.post_id"), nullable=False),
    account_column(),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("state", sa.String(10), nullable=False, server_default="pending"),
    text_column("reason"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("not_before", UtcInstant),
    sa.Column("in_doubt", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("network_id", sa.String(30)),
    text_column("url"),
    sa.Column("posted_at", UtcInstant),
    sa.Column("adopted", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.UniqueConstraint("post_id", "position"),
    sa.UniqueConstraint("account_id", "network_id"),
    sa.Index(None, "account_id", "posted_at"),
)

media = sa.Table(
    "media",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("mime", sa.String(40), nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

message_media = sa.Table(
    "message_media",
    metadata,
    sa.Column("message_id", sa.Integer, sa.ForeignKey("messages.message_id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("sha256", sa.String(64), sa.ForeignKey("media.sha256"), nullable=False),
    sa.Column("alt_text", sa.Text, nullable=False),
)

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("attempt_id", sa.Integer, primary_key=True),
    campaign_column(),
    account_column(),
    sa.Column("message_id", sa.Integer, sa.ForeignKey("messages.message_id"), nullable=False),
    sa.Column("attempt_no", sa.Integer, nullable=False),
    sa.Column("runner_id", sa.String(64), nullable=False),
    sa.Column("text_hash", sa.String(64), nullable=False),
    sa.Column("in_reply_to", sa.String(30)),
    sa.Column("called_at", UtcInstant, nullable=False),
    sa.Column("closed_at", UtcInstant),
    text_column("verdict"),
    text_column("refusal"),
    sa.Column("status", sa.Integer),
    text_column("reason"),
    sa.Column("network_id", sa.String(30)),
    sa.Column("looks", sa.Integer, nullable=False, server_default="0"),
    sa.Column("absent_looks", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_look_at", UtcInstant),
    sa.Column("fence", sa.Integer, nullable=False, server_default="0"),
    sa.Column("settle_from", UtcInstant),
    sa.UniqueConstraint("message_id", "attempt_no"),
)

plans = sa.Table(
    "plans",
    metadata,
    campaign_column(primary_key=True),
    sa.Column("plan_code", sa.String(20), primary_key=True),
    sa.Column("made_at", UtcInstant, nullable=False),
    sa.Column("contents", sa.Text, nullable=False),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("audit_id", sa.Integer, primary_key=True),
    campaign_column(),
    sa.Column("at", UtcInstant, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.String(40), nullable=False),
    text_column("post_code"),
    text_column("detail"),
    sa.Index(None, "campaign_id", "at"),
)

audit_notes = sa.Table(
    "audit_notes",
    metadata,
    sa.Column("audit_id", sa.Integer, sa.ForeignKey("audit.audit_id"), primary_key=True),
    sa.Column("note", sa.Text, nullable=False),
)

waivers = sa.Table(
    "waivers",
    metadata,
    sa.Column("waiver_id", sa.Integer, primary_key=True),
    campaign_column(),
    sa.Column("audit_id", sa.Integer, sa.ForeignKey("audit.audit_id"), nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("rule", sa.String(40), nullable=False),
    sa.Column("post_code", sa.String(40), nullable=False),
    sa.Column("mark", sa.String(64), nullable=False),
    sa.Index(None, "campaign_id"),
)

runners = sa.Table(
    "runners",
    metadata,
    sa.Column("runner_id", sa.String(64), primary_key=True),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("started_at", UtcInstant, nullable=False),
    sa.Column("heartbeat_at", UtcInstant, nullable=False),
    sa.Column("stopped_at", UtcInstant),
    text_column("boot_id"),
    text_column("process_started"),
)

installation = sa.Table(
    "installation",
    metadata,
    sa.Column("only", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("database_id", sa.String(36), nullable=False),
    sa.Column("installation_id", sa.String(36)),
    sa.Column("bound_at", UtcInstant),
    text_column("doubt"),
    sa.Column("clock_trusted_at", UtcInstant),
)


def whole_metadata() -> sa.MetaData:
    """All tables, those of the schema_*.py beside this file included, and the index that keeps an account to one open call, for whoever compares or makes schemas.

    To declare a partial index loads the dialect of PostgreSQL, 20 ms that a look at the status does not need.
    """
    for part in ("consent", "withdrawals", "metrics", "hashtag", "contributions"):
        importlib.import_module(f"bot.storage.schema_{part}")
    name, is_open = "uq_attempts_one_open_per_account", attempts.c.closed_at.is_(None)
    if all(index.name != name for index in attempts.indexes):
        sa.Index(name, attempts.c.account_id, unique=True, sqlite_where=is_open, postgresql_where=is_open)
    return metadata
