"""What the network counted for each message, over time. Tables of migration 0005.

Rows are only ever added. NULL says that the network gave no number; ``gone`` that it did not find the post.
"""

from __future__ import annotations

import sqlalchemy as sa

from bot.metrics import KINDS
from bot.storage.schema import UtcInstant, campaign_column, metadata

metric_readings = sa.Table(
    "metric_readings",
    metadata,
    sa.Column("reading_id", sa.Integer, primary_key=True),
    campaign_column(),
    sa.Column("taken_at", UtcInstant, nullable=False),
    sa.Column("asked", sa.Integer, nullable=False),
    sa.Column("answered", sa.Integer, nullable=False, server_default="0"),
    sa.Column("charged", sa.Integer, nullable=False, server_default="0"),
    sa.Column("price", sa.String(20), nullable=False),
    sa.UniqueConstraint("campaign_id", "taken_at"),
)

metrics = sa.Table(
    "metrics",
    metadata,
    sa.Column("reading_id", sa.Integer, sa.ForeignKey("metric_readings.reading_id"), primary_key=True),
    sa.Column("message_id", sa.Integer, sa.ForeignKey("messages.message_id"), primary_key=True),
    sa.Column("gone", sa.Boolean, nullable=False, server_default=sa.false()),
    *(sa.Column(kind, sa.BigInteger) for kind in KINDS),
    sa.Index(None, "message_id", "gone", "reading_id"),
)
