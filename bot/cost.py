"""What X's API charges for a campaign, from the prices in the config.

Source of the default prices: https://docs.x.com/x-api/getting-started/pricing (post, post with a link, media metadata
for alternative text). A text counts as one with a link as soon as X would turn any of it into a link, so a bare
"example.org" does too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from bot.config import Prices
from bot.model import Message, MessageState, Post, Standing
from bot.text import has_link

_PAID = {MessageState.POSTED, MessageState.DELETED}


@dataclass(frozen=True, kw_only=True)
class Cost:
    """US dollars. ``messages`` counts every part of every thread; ``links_extra`` is what the links add to the total;
    ``to_come`` is the share of the total that has not been sent yet."""

    messages: int
    with_link: int
    without_link: int
    alt_texts: int
    total: Decimal
    links_extra: Decimal
    to_come: Decimal


def cost_of(posts: Iterable[Post], prices: Prices) -> Cost:
    """The whole campaign: what has gone out and what still will. What was skipped costs nothing."""
    charged = [message for post in posts for message in post.messages if _is_charged(post, message)]
    linked = [has_link(message.draft.text) for message in charged]
    total, to_come = Decimal(0), Decimal(0)
    for message, link in zip(charged, linked, strict=True):
        price = (prices.post_with_link if link else prices.post) + prices.alt_text * alt_texts_of(message)
        total += price
        to_come += Decimal(0) if message.state in _PAID else price
    with_link = sum(linked)
    return Cost(
        messages=len(charged),
        with_link=with_link,
        without_link=len(charged) - with_link,
        alt_texts=sum(alt_texts_of(message) for message in charged),
        total=total,
        links_extra=(prices.post_with_link - prices.post) * with_link,
        to_come=to_come,
    )


def _is_charged(post: Post, message: Message) -> bool:
    return message.state in _PAID or post.standing is not Standing.SKIPPED


def alt_texts_of(message: Message) -> int:
    """How many pictures have one: X charges for each."""
    return sum(1 for media in message.draft.media if media.alt_text.strip())
