"""A hashtag that is followed: what is stored of it. Frozen values; what they mean is decided in ``bot.tally``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """The posts with ids above ``above`` and below ``below``. Those from ``reached`` on are counted; it moves down.

    ``stretch_id`` is 0 while it is not stored.
    """

    stretch_id: int = 0
    above: int
    below: int
    reached: int

    @property
    def is_open(self) -> bool:
        """Whether anything is left to be counted."""
        return self.reached > self.above + 1


@dataclass(frozen=True, kw_only=True)
class Search:
    """One hashtag as it is followed. ``tag`` is folded and without ``#``; ``key`` (hex) is what its marks are made with."""

    search_id: int
    tag: str
    begins_at: datetime
    key: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """What is kept of a post: marks (that of an author who is not known is empty), the quarter of an hour (UTC), and whether it is by the campaign's own account."""

    post_mark: str
    author_mark: str
    quarter_at: datetime
    own: bool


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What the database holds of a search. ``quarters`` has posts and own posts by quarter of an hour (UTC).

    ``nameless`` posts are those whose author the network did not tell. ``paid`` is what X charged, in US dollars; ``unsettled`` what the calls may have cost whose answers never came.
    """

    posts: int
    people: int
    own: int
    nameless: int
    quarters: tuple[tuple[datetime, int, int], ...]
    paid: Decimal
    unsettled: Decimal
