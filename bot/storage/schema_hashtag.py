"""What the search for a hashtag found. Tables of migration 0006.

Data protection: what is asked is how many posts and how many people, so nothing else is kept. No text, no name, no
handle, no id of a post or of a person: each is a mark, a hash under a random key of this search. A mark can tell
that two posts are by the same person, and not by whom. Times are kept to the quarter of an hour, which is enough for
the hours of any zone. Whoever holds the key and a list of ids could still find out whether an id is among them, so
this is pseudonymous, not anonymous.
"""

from __future__ import annotations

import sqlalchemy as sa

from bot.storage.schema import UtcInstant, campaign_column, metadata


def search_column(*, primary_key: bool = False) -> sa.Column[int]:
    return sa.Column(
        "search_id",
        sa.Integer,
        sa.ForeignKey("hashtag_searches.search_id"),
        nullable=False,
        primary_key=primary_key,
    )


hashtag_searches = sa.Table(
    "hashtag_searches",
    metadata,
    sa.Column("search_id", sa.Integer, primary_key=True),
    campaign_column(),
    sa.Column("tag", sa.Text, nullable=False),
    sa.Column("begins_at", UtcInstant, nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
    sa.UniqueConstraint("campaign_id", "tag"),
)

hashtag_stretches = sa.Table(
    "hashtag_stretches",
    metadata,
    sa.Column("stretch_id", sa.Integer, primary_key=True),
    search_column(),
    sa.Column("above", sa.BigInteger, nullable=False),
    sa.Column("below", sa.BigInteger, nullable=False),
    sa.Column("reached", sa.BigInteger, nullable=False),
    sa.Index(None, "search_id"),
)

hashtag_posts = sa.Table(
    "hashtag_posts",
    metadata,
    search_column(primary_key=True),
    sa.Column("post_mark", sa.String(32), primary_key=True),
    sa.Column("author_mark", sa.String(32), nullable=False),
    sa.Column("quarter_at", UtcInstant, nullable=False),
    sa.Column("own", sa.Boolean, nullable=False),
)

hashtag_reads = sa.Table(
    "hashtag_reads",
    metadata,
    sa.Column("read_id", sa.Integer, primary_key=True),
    search_column(),
    sa.Column("asked_at", UtcInstant, nullable=False),
    sa.Column("most", sa.Integer, nullable=False),
    sa.Column("price", sa.String(20), nullable=False),
    sa.Column("posts", sa.Integer),
    sa.Index(None, "search_id"),
)
