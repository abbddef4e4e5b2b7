"""What a network counts for posts that are out: frozen values. None means that the network gave no number, never 0."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class Counts:
    """The numbers of one post, or of several together."""

    likes: int | None = None
    replies: int | None = None
    reposts: int | None = None
    quotes: int | None = None
    impressions: int | None = None
    bookmarks: int | None = None

    @property
    def engagement(self) -> int | None:
        """Likes, replies, reposts and quotes together; None when none of them is known."""
        known = [count for count in (self.likes, self.replies, self.reposts, self.quotes) if count is not None]
        return sum(known) if known else None


KINDS = tuple(field.name for field in fields(Counts))
"""What is counted, in the order in which it is shown."""


def added(all_counts: Iterable[Counts]) -> Counts:
    """Everything together; a kind that nobody gave a number for stays unknown."""
    listed = tuple(all_counts)
    known = {kind: [found for one in listed if (found := getattr(one, kind)) is not None] for kind in KINDS}
    return Counts(**{kind: sum(numbers) if numbers else None for kind, numbers in known.items()})


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What the network said about one post. ``gone`` says that it is not there any more; then it has no numbers."""

    network_id: str
    counts: Counts = Counts()
    gone: bool = False


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """The latest that is known of one message: its last numbers with their instant, and since when it is gone."""

    message_id: int
    counts: Counts
    counted_at: datetime | None = None
    gone_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Target:
    """A message that is out, and where it is. ``read_today`` says that X has charged for it on this UTC day already."""

    message_id: int
    network_id: str
    read_today: bool = False


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One reading of a campaign: for how many posts it was to ask, for how many the network answered, and what was charged for.

    ``cost`` is in US dollars. ``complete`` says that no question was left without an answer.
    """

    reading_id: int
    taken_at: datetime
    asked: int
    answered: int = 0
    charged: int = 0
    cost: Decimal = Decimal(0)

    @property
    def complete(self) -> bool:
        return self.answered == self.asked


@dataclass(frozen=True, kw_only=True)
class Readings:
    """All readings of a campaign in figures; money in US dollars."""

    number: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    charged: int = 0
    cost: Decimal = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class Moment:
    """The engagement of the whole campaign at the time of one complete reading."""

    at: datetime
    engagement: int
    impressions: int | None = None
