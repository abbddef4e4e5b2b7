"""What people sent in for a day of posts.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

revision = "0007"
down_revision: str | None = "0006"


def upgrade() -> None:
    """Nothing yet."""
