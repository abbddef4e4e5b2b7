"""What the search for the campaign's hashtag found. Tables of migration 0006."""

from __future__ import annotations
