"""What each person on the list has agreed to. Tables of migration 0003."""

from __future__ import annotations
