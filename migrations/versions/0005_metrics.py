"""What the network counted for each message, over time.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

revision = "0005"
down_revision: str | None = "0004"


def upgrade() -> None:
    """Nothing yet."""
