"""What the search for the campaign's hashtag found.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

revision = "0006"
down_revision: str | None = "0005"


def upgrade() -> None:
    """Nothing yet."""
