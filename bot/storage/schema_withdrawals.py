"""Who has withdrawn, and who must never be named. Tables of migration 0004."""

from __future__ import annotations
