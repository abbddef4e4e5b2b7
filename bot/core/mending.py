"""What a person does about posts that are out, or may be: delete, correct, settle by hand."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.core.desk import Desk
from bot.core.planning import as_planned
from bot.core.steering import decide, remember_plan, slot_at
from bot.decisions import deleted, found, not_there
from bot.digest import post_digest
from bot.errors import NetworkRefusedError, PersonNeededError, Problem, UsageError
from bot.lifecycle import state_of
from bot.model import Draft, Message, MessageState, PlannedPost, Post, Receipt, SeriesKind, Slot, Verdict
from bot.publishers import Publisher
from bot.text import normalise

_STATUS_URL = re.compile(r"(?:.*/status(?:es)?/)?(\d{1,19})(?:[/?#].*)?")


def delete_post(desk: Desk, code: str, publisher: Publisher) -> Post:
    """Take a post off the network, its last part first; it is never sent again.

    Raises NetworkRefusedError or PersonNeededError at the first part that could not be deleted; parts before that
    are gone, and the next try goes on from there.
    """
    post = desk.post(code)
    out = [message for message in post.messages if message.state is MessageState.POSTED and message.receipt]
    if not out:
        raise UsageError(
            Problem(
                what=f"Nothing of {post.code} is on the network: it is {state_of(post)}.",
                remedy=f"To keep it from being sent: campaign-bot skip {post.code}",
            )
        )
    for message in reversed(out):
        _delete_part(post, message, publisher)
        detail = f"part {message.position + 1} of {len(post.messages)}"
        post = decide(desk, post, "delete", deleted(message.message_id), detail=detail)
    return post


def _delete_part(post: Post, message: Message, publisher: Publisher) -> None:
    outcome = publisher.delete(message.receipt.network_id if message.receipt else "")
    where = f"{post.code}, part {message.position + 1}"
    again = f"Then run again: campaign-bot delete {post.code}"
    if outcome.verdict is Verdict.REFUSED:
        raise NetworkRefusedError(Problem(what=f"X did not delete it: {outcome.reason}", where=where, remedy=again))
    if outcome.verdict is not Verdict.SENT:
        what = f"Nobody knows whether it was deleted: {outcome.reason}"
        raise PersonNeededError(Problem(what=what, where=where, remedy=f"Look at the account. {again}"))


def correct_by_reply(desk: Desk, code: str, text: str, slot: Slot | None = None) -> PlannedPost:
    """Plan a reply to a post that is out, with the correction. It needs its own sign-off before it is sent."""
    post = desk.post(code)
    head = post.messages[0]
    if head.state is not MessageState.POSTED or head.receipt is None:
        raise UsageError(_not_out(post))
    return _add(desk, post, (Draft(text=normalise(text)),), slot, in_reply_to=head.receipt.network_id)


def correct_by_replacement(desk: Desk, code: str, messages: tuple[Draft, ...], slot: Slot | None = None) -> PlannedPost:
    """Plan a new post in the place of one that was deleted. It needs its own sign-off before it is sent."""
    return _add(desk, desk.post(code), messages, slot, in_reply_to=None)


def _not_out(post: Post) -> Problem:
    return Problem(
        what=f"{post.code} is {state_of(post)}, not on the network, so there is nothing to reply to.",
        remedy="Correct the list or the template instead, then: campaign-bot plan",
    )


def _add(
    desk: Desk, post: Post, messages: tuple[Draft, ...], slot: Slot | None, *, in_reply_to: str | None
) -> PlannedPost:
    record = desk.planned()
    edition = 1 + max(other.key.edition for other in desk.posts() if _same_subject(other, post))
    planned = replace(
        as_planned(post),
        key=replace(post.key, edition=edition),
        kind=SeriesKind.CORRECTION,
        code=f"{post.code}-c{edition}",
        slot=slot or slot_at(desk.clock.now(), desk.settings().zone),
        messages=messages,
        in_reply_to=in_reply_to,
    )
    account = desk.account_of(post)
    digest = post_digest(account.network, account.handle, planned.messages, in_reply_to)
    entry = desk.entry("correct", post_code=post.code, detail=f"as {planned.code}")
    desk.storage.plans.add_correction(record.campaign_id, planned, digest, entry=entry)
    remember_plan(desk)
    return planned


def _same_subject(one: Post, other: Post) -> bool:
    return replace(one.key, edition=0) == replace(other.key, edition=0)


def settle_found(desk: Desk, code: str, address: str) -> Post:
    """A person has found the post whose fate was unknown, at this address."""
    post = desk.post(code)
    network_id = network_id_in(address)
    handle = desk.account_of(post).handle
    receipt = Receipt(
        network_id=network_id,
        url=f"https://x.com/{handle}/status/{network_id}",
        posted_at=desk.clock.now(),
        adopted=True,
    )
    return decide(desk, post, "resolve", found(receipt), detail="found by a person")


def settle_not_there(desk: Desk, code: str) -> Post:
    """A person has looked, and it is not there: send it."""
    slot = slot_at(desk.clock.now(), desk.settings().zone)
    return decide(desk, desk.post(code), "resolve", not_there(slot), detail="not there, by a person")


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
