"""What the search for the campaign's hashtag found.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision: str | None = "0005"


def upgrade() -> None:
    """Searches, the stretches of time they cover, what was found as marks, and what was asked."""
    _searches()
    _stretches()
    _posts()
    _reads()


def _searches() -> None:
    op.create_table(
        "hashtag_searches",
        sa.Column("search_id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("begins_at", sa.String(length=27), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.campaign_id"], name=op.f("fk_hashtag_searches_campaign_id_campaigns")
        ),
        sa.PrimaryKeyConstraint("search_id", name=op.f("pk_hashtag_searches")),
        sa.UniqueConstraint("campaign_id", "tag", name=op.f("uq_hashtag_searches_campaign_id_tag")),
    )


def _stretches() -> None:
    op.create_table(
        "hashtag_stretches",
        sa.Column("stretch_id", sa.Integer(), nullable=False),
        sa.Column("search_id", sa.Integer(), nullable=False),
        sa.Column("above", sa.BigInteger(), nullable=False),
        sa.Column("below", sa.BigInteger(), nullable=False),
        sa.Column("reached", sa.BigInteger(), nullable=False),
        _search("hashtag_stretches"),
        sa.PrimaryKeyConstraint("stretch_id", name=op.f("pk_hashtag_stretches")),
    )
    op.create_index(op.f("ix_hashtag_stretches_search_id"), "hashtag_stretches", ["search_id"])


def _posts() -> None:
    op.create_table(
        "hashtag_posts",
        sa.Column("search_id", sa.Integer(), nullable=False),
        sa.Column("post_mark", sa.String(length=32), nullable=False),
        sa.Column("author_mark", sa.String(length=32), nullable=False),
        sa.Column("quarter_at", sa.String(length=27), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        _search("hashtag_posts"),
        sa.PrimaryKeyConstraint("search_id", "post_mark", name=op.f("pk_hashtag_posts")),
    )


def _reads() -> None:
    op.create_table(
        "hashtag_reads",
        sa.Column("read_id", sa.Integer(), nullable=False),
        sa.Column("search_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.String(length=27), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("price", sa.String(length=20), nullable=False),
        sa.Column("posts", sa.Integer(), nullable=True),
        _search("hashtag_reads"),
        sa.PrimaryKeyConstraint("read_id", name=op.f("pk_hashtag_reads")),
    )
    op.create_index(op.f("ix_hashtag_reads_search_id"), "hashtag_reads", ["search_id"])


def _search(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["search_id"], ["hashtag_searches.search_id"], name=op.f(f"fk_{table}_search_id_hashtag_searches")
    )
