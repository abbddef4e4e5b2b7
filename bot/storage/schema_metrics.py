"""What the network counted for each message, over time. Tables of migration 0005."""

from __future__ import annotations
