"""Before a person's “that is it” is believed, the account is read: a number is quickly mistyped, and stays on record.

A post on record as out is never sent again. So a wrong address loses a post for ever, and nobody would be told.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.calls import SeenPost
from bot.core.desk import Desk
from bot.core.settling import CLOCK_SKEW
from bot.errors import NetworkRefusedError, PersonNeededError, Problem, UsageError
from bot.lifecycle import SETTLE_WINDOW
from bot.likeness import Likeness, likeness
from bot.model import Message, MessageState, Post
from bot.publishers import LookError, Publisher
from bot.publishers.snowflake import instant_of

LOOK_BACK = timedelta(days=7)
"""So long before its slot a post may have been made that is read without further words."""

_SURELY_OLDER = timedelta(days=90)
"""What was made so long before the slot cannot be the post, whoever says so."""

_FUTURE = timedelta(days=1)
_STATUS_URL = re.compile(r"(?:.*/status(?:es)?/)?(\d{1,19})(?:[/?#].*)?")
_WHOSE = re.compile(r"(?:^|/)([A-Za-z0-9_]{1,15})/status(?:es)?/")
_NOBODY = {"i", "web"}
"""X has addresses without a name, too: x.com/i/status/NUMBER and x.com/i/web/status/NUMBER."""
_UNSURE = {MessageState.UNKNOWN, MessageState.HELD, MessageState.FAILED}


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What the account shows at the address that a person named; ``shown`` is None when the program could not see it."""

    wanted: str
    shown: str | None = None
    fits: bool = True


def network_id_in(address: str) -> str:
    """The id in a post's address, such as https://x.com/name/status/123. Raises UsageError."""
    match = _STATUS_URL.fullmatch(address.strip())
    if match is None:
        raise UsageError(
            Problem(
                what=f"“{address}” is not the address of a post.",
                remedy="Open the post on X, and copy its address: https://x.com/NAME/status/NUMBER",
            )
        )
    return match.group(1)


def claimed_id(desk: Desk, post: Post, address: str) -> str:
    """The id of a post that may be this one as far as the address and the record tell. Raises UsageError."""
    network_id = network_id_in(address)
    handle = desk.account_of(post).handle
    whose = _WHOSE.search(address)
    if whose and whose[1].lower() not in _NOBODY and whose[1].casefold() != handle.casefold():
        raise UsageError(
            Problem(
                what=f"That is a post of @{whose[1]}; {post.code} goes out on @{handle}.",
                where=address,
                remedy=f"Open the post on @{handle}, and copy its address.",
            )
        )
    if network_id in _known(desk, post):
        ours = next((f" ({other.code})" for other in desk.posts() if network_id in _ids(other)), "")
        what = f"Another post of this account{ours} is on record under that address."
        raise UsageError(Problem(what=what, where=address, remedy=f"To see the latest ones: {_resolve(post)}"))
    return network_id


def check_claim(desk: Desk, code: str, address: str, publisher: Publisher, *, unseen: bool = False) -> Claim:
    """Read the account for the post that a person says is this one.

    Raises UsageError when it cannot be: on another account, on record, made long before, a reply elsewhere, or saying what
    another post is to say; PersonNeededError when it is not shown; NetworkRefusedError when the account cannot be read.
    ``unseen``: the person has seen it where the program cannot look, and is believed about that.
    """
    post = desk.post(code)
    network_id = claimed_id(desk, post, address)
    message = _in_question(post)
    since = _made_at(desk, post, network_id, unseen=unseen)
    try:
        seen = publisher.recent(since - CLOCK_SKEW)
    except LookError as error:
        return claim_unread(desk, code, address, error.outcome.reason, unseen=unseen)
    found = next((one for one in seen if one.network_id == network_id), None)
    if found is None:
        if unseen and _may_be_missed(desk, post, since, seen):
            return Claim(wanted=message.draft.text)
        raise _not_shown(desk, post, address, since, seen)
    _refuse_elsewhere(post, message, found)
    if likeness(message.draft.text, found.text) in {Likeness.SAME, Likeness.UNSURE}:
        return Claim(wanted=message.draft.text, shown=found.text)
    _refuse_anothers(desk, post, message, found)
    return Claim(wanted=message.draft.text, shown=found.text, fits=False)


def claim_unread(desk: Desk, code: str, address: str, why: str, *, unseen: bool) -> Claim:
    """Nobody can look: a person who says ``unseen`` is believed as far as address and record allow.

    Raises UsageError and PersonNeededError as ``check_claim`` does, and else NetworkRefusedError.
    """
    post = desk.post(code)
    network_id = claimed_id(desk, post, address)
    _made_at(desk, post, network_id, unseen=unseen)
    if unseen:
        return Claim(wanted=_in_question(post).draft.text)
    raise NetworkRefusedError(
        Problem(
            what=f"@{desk.account_of(post).handle} could not be read ({why.rstrip('.')}), so nothing was changed.",
            remedy=f"Try again in a minute. If that does not help, and you see the post there: {_unseen(post, address)}",
        )
    )


def _in_question(post: Post) -> Message:
    return next((message for message in post.messages if message.state in _UNSURE), post.messages[0])


def _made_at(desk: Desk, post: Post, network_id: str, *, unseen: bool) -> datetime:
    """When the post was made, by its number; from then on the account is read. Raises UsageError, PersonNeededError."""
    now, made = desk.clock.now(), instant_of(network_id)
    begin = min(post.slot.due_at, now)
    if made > now + _FUTURE:
        what = f"No post has the number {network_id} yet: it would be one of {made:%d %b %Y}."
        raise UsageError(Problem(what=what, remedy="Copy the address from the post itself."))
    if made < begin - _SURELY_OLDER:
        what = f"The post with the number {network_id} is of {made:%d %b %Y}, so it cannot be {post.code}."
        raise UsageError(Problem(what=what, remedy="Copy the address from the post itself."))
    if made < begin - LOOK_BACK and not unseen:
        what = f"That post is of {made:%d %b %Y}, more than a week before {post.code} was to go out."
        raise PersonNeededError(
            Problem(what=what, remedy=f"If that is right all the same: {_unseen(post, network_id)}")
        )
    return min(made, now)


def _may_be_missed(desk: Desk, post: Post, made: datetime, seen: Sequence[SeenPost]) -> bool:
    """Whether a reading that does not show a post tells nothing about it: X is behind, or may be."""
    return desk.clock.now() - made < SETTLE_WINDOW or _is_behind(desk, post, made, seen)


def _is_behind(desk: Desk, post: Post, since: datetime, seen: Sequence[SeenPost]) -> bool:
    newest = max(((at, network_id) for network_id, at in _known(desk, post).items()), default=None)
    return newest is not None and newest[0] >= since and newest[1] not in {one.network_id for one in seen}


def _not_shown(desk: Desk, post: Post, address: str, made: datetime, seen: Sequence[SeenPost]) -> PersonNeededError:
    handle = desk.account_of(post).handle
    what = f"@{handle} was read, and shows no post with that number, so nothing was changed."
    if _may_be_missed(desk, post, made, seen):
        remedy = (
            f"X may be behind: try again in some minutes. If you see the post on @{handle}: {_unseen(post, address)}"
        )
    else:
        remedy = (
            f"To see what is there: {_resolve(post)}. If it was there and is deleted: campaign-bot skip {post.code}"
        )
    return PersonNeededError(Problem(what=what, where=address, remedy=remedy))


def _refuse_elsewhere(post: Post, message: Message, found: SeenPost) -> None:
    before = post.messages[message.position - 1].receipt if message.position else None
    parent = before.network_id if before else post.in_reply_to
    if found.in_reply_to == parent:
        return
    part = f"Part {message.position + 1} of {post.code}" if len(post.messages) > 1 else post.code
    wanted = f"{part} replies to {before.url if before else parent}" if parent else f"{part} is no reply"
    is_one = f"that one replies to {found.in_reply_to}" if found.in_reply_to else "that one is no reply"
    raise UsageError(
        Problem(
            what=f"{wanted}, and {is_one}, so it is another post.",
            where=found.url,
            remedy=f"To see the latest ones: {_resolve(post)}. To leave out what is missing: campaign-bot skip {post.code}",
        )
    )


def _refuse_anothers(desk: Desk, post: Post, message: Message, found: SeenPost) -> None:
    """However sure somebody is: what another post is to say would then be out unknown to the program, and go out twice."""
    others = ((other, part) for other in desk.posts() for part in other.messages)
    for other, part in others:
        if part.message_id != message.message_id and likeness(part.draft.text, found.text) is Likeness.SAME:
            name = f"part {part.position + 1} of {other.code}" if len(other.messages) > 1 else other.code
            raise UsageError(
                Problem(
                    what=f"That post says what {name} is to say, so it is not {post.code}.",
                    where=found.url,
                    remedy=f"To see the latest ones: {_resolve(post)}. If {other.code} is in doubt: {_resolve(other)}",
                )
            )


def _known(desk: Desk, post: Post) -> Mapping[str, datetime]:
    return desk.storage.delivery.receipts_since(post.key.account_id, datetime.min.replace(tzinfo=UTC))


def _ids(post: Post) -> set[str]:
    return {message.receipt.network_id for message in post.messages if message.receipt}


def _resolve(post: Post) -> str:
    return f"campaign-bot resolve {post.code}"


def _unseen(post: Post, address: str) -> str:
    return f"{_resolve(post)} --found {address} --unseen"
