"""Who has withdrawn, and who must never be named.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

revision = "0004"
down_revision: str | None = "0003"


def upgrade() -> None:
    """Nothing yet."""
