"""What each person on the list has agreed to.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

revision = "0003"
down_revision: str | None = "0002"


def upgrade() -> None:
    """Nothing yet."""
