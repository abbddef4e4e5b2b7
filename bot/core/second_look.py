"""Before a person's “it is not there” is believed, the account is read once more: people look too early, too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.calls import SeenPost
from bot.core.desk import Desk
from bot.errors import PersonNeededError, Problem
from bot.likeness import Likeness, likeness
from bot.model import Message, MessageState, Post
from bot.publishers import LookError, Publisher

_LOOK_BACK = timedelta(days=7)
"""Not only the last call may have made it: an earlier one, that nobody saw in time, may show by now."""
_UNSURE = {MessageState.UNKNOWN, MessageState.HELD, MessageState.FAILED}


def look_once_more(desk: Desk, code: str, publisher: Publisher) -> str:
    """What the account shows of a post that a person says is not there, in words to be shown to that person.

    Raises PersonNeededError when something with the same words is there that is not on record as another post.
    """
    post = desk.post(code)
    handle = desk.account_of(post).handle
    since = min(post.slot.due_at, desk.clock.now()) - _LOOK_BACK
    known = desk.storage.delivery.receipts_since(post.key.account_id, datetime.min.replace(tzinfo=UTC))
    try:
        seen = publisher.recent(since)
    except LookError as error:
        return f"@{handle} could not be read ({error.outcome.reason}), so only what you have seen counts."
    unclaimed = [found for found in seen if found.network_id not in known]
    there = _like(post, unclaimed, Likeness.SAME)
    if there is not None:
        raise PersonNeededError(_there(post, there, f"The account shows a post with the very words of {post.code}"))
    perhaps = _like(post, unclaimed, Likeness.UNSURE)
    if perhaps is not None:
        what = f"This may be {post.code}: it has its words, and X does not say where its link leads"
        raise PersonNeededError(_there(post, perhaps, what))
    newest = max((at, network_id) for network_id, at in known.items()) if known else None
    if newest is not None and newest[0] >= since and newest[1] not in {found.network_id for found in seen}:
        return (
            f"@{handle} was read once more: {post.code} is not shown, and nor is the newest post that surely is there. "
            "X is behind: better wait some minutes and look again."
        )
    other = _like(post, unclaimed, Likeness.OTHER_LINKS)
    also = f" Something with the same words and other links is: {other.url}" if other else ""
    return f"@{handle} was read once more, and {post.code} is not shown.{also}"


def _like(post: Post, unclaimed: Sequence[SeenPost], wanted: Likeness) -> SeenPost | None:
    texts = [message.draft.text for message in _missing(post)]
    return next((found for found in unclaimed for text in texts if likeness(text, found.text) is wanted), None)


def _missing(post: Post) -> list[Message]:
    return [message for message in post.messages if message.state in _UNSURE][:1]


def _there(post: Post, found: SeenPost, what: str) -> Problem:
    return Problem(
        what=f"{what}, so nothing was sent.",
        where=found.url,
        remedy=f"If that is it: campaign-bot resolve {post.code} --found {found.url}. "
        f"If somebody else wrote it: campaign-bot skip {post.code}",
    )
