"""What each person on the list has agreed to. Tables of migration 0003.

Days are local dates as YYYY-MM-DD. ``listed`` is what the list said of the person when it was last loaded, so that a
cell that is still the same does not undo what was recorded by hand since. ``recorded_by`` and ``how`` are personal
values; a row is deleted with its person.
"""

from __future__ import annotations

import sqlalchemy as sa

from bot.storage.schema import campaign_column, metadata, text_column

consents = sa.Table(
    "consents",
    metadata,
    campaign_column(primary_key=True),
    sa.Column("worker_id", sa.String(80), primary_key=True),
    sa.Column("may_name", sa.Boolean, nullable=False),
    sa.Column("photo", sa.Boolean, nullable=False),
    sa.Column("tag", sa.Boolean, nullable=False),
    text_column("networks"),
    text_column("recorded_by"),
    sa.Column("recorded_on", sa.String(10)),
    text_column("how"),
    sa.Column("until", sa.String(10)),
    sa.Column("by_hand", sa.Boolean, nullable=False),
    text_column("listed"),
)
