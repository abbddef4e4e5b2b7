"""Pure decisions of people about one post: skip, retry, move, delete, settle. Each gives an update or says why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.errors import PersonNeededError, Problem, UsageError
from bot.lifecycle import has_begun, state_of
from bot.model import Message, MessageState, Post, PostState, Receipt, Slot, Standing

_BUSY = {PostState.SENDING, PostState.UNKNOWN}
_STUCK = {MessageState.FAILED, MessageState.HELD}
_TORN = "Deleted before all of it was sent."


@dataclass(frozen=True, kw_only=True)
class MessageUpdate:
    """What becomes of one message. ``in_doubt``: it may be out, so only a person who has looked sends it."""

    message_id: int
    state: MessageState
    reason: str = ""
    not_before: datetime | None = None
    receipt: Receipt | None = None
    in_doubt: bool = False


@dataclass(frozen=True, kw_only=True)
class PostUpdate:
    """What becomes of one post. ``slot`` None leaves it where it is."""

    standing: Standing
    standing_reason: str = ""
    slot: Slot | None = None
    messages: tuple[MessageUpdate, ...] = ()


Decision = Callable[[Post], PostUpdate]
"""Looks at a post inside the transaction that will change it; raises to refuse."""


def skip(reason: str) -> Decision:
    """It will not be sent; parts of it that are out stay out."""

    def decide(post: Post) -> PostUpdate:
        _refuse_when(post, _BUSY | {PostState.POSTED, PostState.DELETED, PostState.SKIPPED}, "cannot be skipped")
        return PostUpdate(standing=Standing.SKIPPED, standing_reason=reason)

    return decide


def retry(slot: Slot) -> Decision:
    """Send what is still missing of it at this slot: failed, held, missed, or stopped half-way."""

    def decide(post: Post) -> PostUpdate:
        _refuse_when(post, _BUSY | {PostState.POSTED, PostState.DELETED}, "has nothing to try again")
        _refuse_torn(post)
        _refuse_doubt(post)
        _refuse_unsigned(post)
        again = tuple(
            MessageUpdate(message_id=message.message_id, state=MessageState.PENDING)
            for message in post.messages
            if message.state in _STUCK
        )
        if not again and post.standing is Standing.APPROVED and state_of(post) is PostState.APPROVED:
            raise UsageError(
                Problem(
                    what=f"{post.code} is waiting for its slot; nothing went wrong with it.",
                    remedy=f"To send it at another time: campaign-bot reschedule {post.code} --to now",
                )
            )
        return PostUpdate(standing=Standing.APPROVED, slot=slot, messages=again)

    return decide


def reschedule(slot: Slot) -> Decision:
    """A person moves it to another slot; a sign-off stays, since what was signed is what it says."""

    def decide(post: Post) -> PostUpdate:
        _refuse_when(
            post, _BUSY | {PostState.POSTED, PostState.DELETED, PostState.PARTIAL, PostState.FAILED}, "cannot be moved"
        )
        _refuse_doubt(post)
        standing = Standing.APPROVED if post.is_signed else Standing.DRAFT
        again = tuple(
            MessageUpdate(message_id=message.message_id, state=MessageState.PENDING)
            for message in post.messages
            if message.state in _STUCK
        )
        return PostUpdate(standing=standing, slot=slot, messages=again)

    return decide


def miss(reason: str) -> Decision:
    """Its time has passed. A thread that has begun keeps what is out, and holds the rest."""

    def decide(post: Post) -> PostUpdate:
        rest = [message for message in post.messages if message.state is MessageState.PENDING]
        if len(rest) == len(post.messages):
            return PostUpdate(standing=Standing.MISSED, standing_reason=reason)
        held = tuple(
            MessageUpdate(message_id=message.message_id, state=MessageState.HELD, reason=reason) for message in rest[:1]
        )
        return PostUpdate(standing=post.standing, standing_reason=post.standing_reason, messages=held)

    return decide


def deleted(message_id: int) -> Decision:
    """A part of it is gone from the network; it is never sent again."""

    def decide(post: Post) -> PostUpdate:
        gone = next(message for message in post.messages if message.message_id == message_id)
        update = MessageUpdate(message_id=message_id, state=MessageState.DELETED, receipt=gone.receipt)
        unsent = any(message.state in {MessageState.PENDING, *_STUCK} for message in post.messages)
        standing = Standing.SKIPPED if unsent else post.standing
        reason = _TORN if unsent else post.standing_reason
        return PostUpdate(standing=standing, standing_reason=reason, messages=(update,))

    return decide


def found(receipt: Receipt) -> Decision:
    """A person has found the part whose fate was unknown: it is out."""

    def decide(post: Post) -> PostUpdate:
        message = _in_doubt(post)
        update = MessageUpdate(message_id=message.message_id, state=MessageState.POSTED, receipt=receipt)
        return PostUpdate(standing=post.standing, standing_reason=post.standing_reason, messages=(update,))

    return decide


def not_there(slot: Slot) -> Decision:
    """A person has looked: the part whose fate was unknown is not out, and may be sent, unless others were deleted."""

    def decide(post: Post) -> PostUpdate:
        message = _in_doubt(post)
        update = MessageUpdate(message_id=message.message_id, state=MessageState.PENDING)
        if _is_torn(post):
            return PostUpdate(standing=Standing.SKIPPED, standing_reason=_TORN, messages=(update,))
        _refuse_unsigned(post)
        return PostUpdate(standing=Standing.APPROVED, slot=slot, messages=(update,))

    return decide


def _in_doubt(post: Post) -> Message:
    for message in post.messages:
        if message.state in {MessageState.UNKNOWN, MessageState.HELD, MessageState.FAILED}:
            return message
    raise UsageError(
        Problem(
            what=f"{post.code} is {state_of(post)}: there is nothing to settle about it.",
            remedy="What needs you: campaign-bot status",
        )
    )


def _refuse_doubt(post: Post) -> None:
    """What may be out already is never sent on a guess."""
    if any(message.in_doubt for message in post.messages):
        raise PersonNeededError(
            Problem(
                what=f"Nobody knows whether {post.code} is out already, so it is not sent again.",
                remedy=f"Look at the account, then: campaign-bot resolve {post.code} --found URL (or --not-there)",
            )
        )


def _is_torn(post: Post) -> bool:
    return any(message.state is MessageState.DELETED for message in post.messages)


def _refuse_torn(post: Post) -> None:
    """What was deleted is never sent again, and later parts have nothing to reply to."""
    if _is_torn(post):
        raise UsageError(
            Problem(
                what=f"A part of {post.code} was deleted, so the parts after it have nothing to reply to.",
                remedy=f"To leave them out: campaign-bot skip {post.code}",
            )
        )


def _refuse_unsigned(post: Post) -> None:
    if not post.is_signed and has_begun(post):
        raise UsageError(
            Problem(
                what=f"{post.code} is not signed off any more, and what has begun cannot be signed again.",
                remedy=f"To leave out the rest of it: campaign-bot skip {post.code}",
            )
        )
    if not post.is_signed:
        raise UsageError(
            Problem(
                what=f"{post.code} is not signed off.",
                remedy=f"Look at it (campaign-bot preview {post.code}), then: campaign-bot approve {post.code}",
            )
        )


def _refuse_when(post: Post, states: set[PostState], what: str) -> None:
    state = state_of(post)
    if state not in states:
        return
    if state in _BUSY:
        raise PersonNeededError(
            Problem(
                what=f"{post.code} {what} at this moment: it is being sent, or its answer is being looked for.",
                remedy="Look again in a minute: campaign-bot status",
            )
        )
    raise UsageError(Problem(what=f"{post.code} {what}: it is {state}."))
