"""What people sent in for a day of posts. Tables of migration 0007."""

from __future__ import annotations
