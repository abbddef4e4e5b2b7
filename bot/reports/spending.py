"""What a campaign has cost, from what was really sent and read; and in plain words what nobody wrote down.

Prices are US dollars, frozen with the plan; those of readings were frozen when they were taken.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from bot.config import Prices
from bot.cost import alt_texts_of
from bot.metrics import Readings
from bot.model import Message, MessageState, Mode, Post
from bot.text import has_link
from bot.wording import plural


@dataclass(frozen=True, kw_only=True)
class Item:
    """One line of the bill."""

    what: str
    number: int
    amount: Decimal

    @property
    def said(self) -> str:
        """The number with its noun; of one thing, without the plural's s."""
        one = self.what.replace("posts", "post").replace("texts", "text").replace("their", "its")
        return f"{self.number:,} {one if self.number == 1 else self.what}"


@dataclass(frozen=True, kw_only=True)
class Spending:
    """The bill. ``uncounted`` says what may have cost something and is not in it; ``hypothetical`` that nothing was sent."""

    items: tuple[Item, ...] = ()
    uncounted: tuple[str, ...] = ()
    hypothetical: bool = False

    @property
    def total(self) -> Decimal:
        return sum((item.amount for item in self.items), Decimal(0))


def spending_of(
    posts: Iterable[Post], prices: Prices, *, mode: Mode, readings: Readings, looks: int, hashtags: Decimal
) -> Spending:
    """X charges for what it answers with success: a post once, its alternative texts at every attempt (they go up anew).

    ``looks`` is how often the account was read to settle an unclear answer; ``hashtags`` what reading hashtags cost.
    """
    messages = [message for post in posts for message in post.messages]
    sent = [message for message in messages if message.receipt is not None]
    linked = sum(has_link(message.draft.text) for message in sent)
    alt_texts = sum(message.attempts * alt_texts_of(message) for message in messages)
    items = (
        Item(what="posts without a link", number=len(sent) - linked, amount=prices.post * (len(sent) - linked)),
        Item(what="posts with a link", number=linked, amount=prices.post_with_link * linked),
        Item(what="alternative texts", number=alt_texts, amount=prices.alt_text * alt_texts),
        Item(what="posts read for their numbers", number=readings.charged, amount=readings.cost),
        Item(what="reading of hashtags", number=int(hashtags > 0), amount=hashtags),
    )
    live, looks = mode is Mode.LIVE, looks + sum(message.receipt.adopted for message in messages if message.receipt)
    return Spending(
        items=tuple(item for item in items if item.number),
        uncounted=tuple(_uncounted(messages, looks)) if live else (),
        hypothetical=not live,
    )


def _uncounted(messages: Iterable[Message], looks: int) -> Iterable[str]:
    if looks:
        yield f"{plural(looks, 'look')} at the account to settle unclear answers (a few tenths of a cent each)"
    deleted = sum(message.state is MessageState.DELETED for message in messages)
    if deleted:
        yield f"{plural(deleted, 'deletion')}: X does not say what one costs"
    yield "questions of doctor --online and db verify, which are not written down (about US$0.01 each)"
