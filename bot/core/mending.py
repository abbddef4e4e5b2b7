"""What a person does about posts that are out, or may be: delete, correct, settle by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from bot.calls import Verdict
from bot.config import Config
from bot.core.claiming import Claim, check_claim, claim_unread, claimed_id
from bot.core.composing import Composer
from bot.core.consenting import require_consent
from bot.core.desk import Desk
from bot.core.planning import as_planned
from bot.core.remaking import watchlist_of
from bot.core.second_look import look_once_more
from bot.core.steering import decide, remember_plan, slot_at
from bot.days import say_time
from bot.decisions import deleted, found, not_there
from bot.digest import post_digest
from bot.errors import NetworkRefusedError, PersonNeededError, Problem, UsageError
from bot.lifecycle import SETTLE_WINDOW, state_of
from bot.model import Draft, Message, MessageState, PlannedPost, Post, Receipt, SeriesKind, Slot
from bot.plan import Assignment
from bot.publishers import Publisher
from bot.publishers.snowflake import posted_at
from bot.series import AT_A_TIME
from bot.text import normalise

TIME_TO_SIGN = timedelta(minutes=16)
"""How long a correction waits for its sign-off, unless a person names a time (rounded down to the minute)."""


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
    return delete_parts(desk, post, out, publisher)


def delete_parts(desk: Desk, post: Post, parts: Sequence[Message], publisher: Publisher) -> Post:
    """Take some parts of a post off the network, the last first. Parts after them stay; what is unsent is never sent.

    Raises as ``delete_post`` does.
    """
    for message in sorted(parts, key=lambda part: -part.position):
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


@dataclass(frozen=True, kw_only=True)
class Replacement:
    """What would stand in the place of a post, rendered from today's list and template.

    ``media`` are its pictures: sha256 -> (MIME type, bytes).
    """

    messages: tuple[Draft, ...]
    media: Mapping[str, tuple[str, bytes]]


def replacement_for(desk: Desk, config: Config, post: Post) -> Replacement:
    """Render a post anew. Raises UsageError when nothing about it has changed or nothing can be rendered."""
    _refuse_without_source(desk, config, post)
    campaign_id = desk.planned().campaign_id
    composer = Composer(config, watchlist_of(desk).nameable, desk.storage.rankings.folder(campaign_id))
    assignment = Assignment(
        key=post.key, kind=post.kind, code=post.code, slot=post.slot, subject_id=post.key.subject_id
    )
    messages = composer.compose(assignment, post.wording)
    if messages == tuple(message.draft for message in post.messages):
        raise UsageError(
            Problem(
                what=f"The new {post.code} would say exactly what the old one says; nothing was deleted.",
                remedy="First correct the list (campaign-bot fix) or the template, then run this again.",
            )
        )
    return Replacement(messages=messages, media=composer.media)


def _refuse_without_source(desk: Desk, config: Config, post: Post) -> None:
    if post.kind is SeriesKind.CORRECTION:
        raise UsageError(
            Problem(
                what=f"{post.code} is a correction itself; it has no template.",
                remedy=f"Delete it (campaign-bot delete {post.code}), then write another with --reply.",
            )
        )
    ranking = watchlist_of(desk).nameable
    known = {item.worker_id for item in ranking.workers} | {item.organisation_id for item in ranking.organisations}
    known |= {item.contribution_id for item in ranking.contributions} | {kind.value for kind in AT_A_TIME}
    gone = post.kind is not SeriesKind.WINNER and post.key.subject_id not in known
    if gone or post.key.series not in {series.code for series in config.series}:
        what = "is no longer in the list" if gone else "comes from a series that config.toml no longer has"
        raise UsageError(
            Problem(
                what=f"{post.code} {what}, so there is nothing to put in its place.",
                remedy=f"To take it off the network: campaign-bot delete {post.code}",
            )
        )


def correct_by_replacement(desk: Desk, code: str, new: Replacement, slot: Slot | None = None) -> PlannedPost:
    """Plan a new post in the place of one that was deleted. It needs its own sign-off before it is sent."""
    return _add(desk, desk.post(code), new.messages, slot, in_reply_to=None, media=new.media)


def _not_out(post: Post) -> Problem:
    return Problem(
        what=f"{post.code} is {state_of(post)}, not on the network, so there is nothing to reply to.",
        remedy="Correct the list or the template instead, then: campaign-bot plan",
    )


def _add(
    desk: Desk,
    post: Post,
    messages: tuple[Draft, ...],
    slot: Slot | None,
    *,
    in_reply_to: str | None,
    media: Mapping[str, tuple[str, bytes]] = MappingProxyType({}),
) -> PlannedPost:
    record = desk.planned()
    edition = 1 + max(other.key.edition for other in desk.posts() if _same_subject(other, post))
    planned = replace(
        as_planned(post),
        key=replace(post.key, edition=edition),
        kind=SeriesKind.CORRECTION,
        code=f"{post.code}-c{edition}",
        slot=slot or _time_to_sign(desk),
        messages=messages,
        in_reply_to=in_reply_to,
    )
    account = desk.account_of(post)
    digest = post_digest(account.network, account.handle, planned.messages, in_reply_to)
    entry = desk.entry("correct", post_code=post.code, detail=f"as {planned.code}")
    desk.storage.plans.add_correction(record.campaign_id, planned, digest, media=media, entry=entry)
    remember_plan(desk)
    return planned


def _time_to_sign(desk: Desk) -> Slot:
    """Soon, but not so soon that it is missed before anybody could sign it off; a minute that no other post has."""
    taken = {other.slot.due_at for other in desk.posts()}
    instant = (desk.clock.now() + TIME_TO_SIGN).replace(second=0, microsecond=0)
    while instant in taken:
        instant += timedelta(minutes=1)
    return slot_at(instant, desk.settings().zone)


def _same_subject(one: Post, other: Post) -> bool:
    return replace(one.key, edition=0) == replace(other.key, edition=0)


def settle_found(desk: Desk, code: str, address: str, *, seen: bool = True) -> Post:
    """A person has found the post whose fate was unknown, at this address. ``check_claim`` reads the account before that;
    ``seen`` False: it could not, and the person alone is believed."""
    post = desk.post(code)
    network_id = claimed_id(desk, post, address)
    handle = desk.account_of(post).handle
    receipt = Receipt(
        network_id=network_id,
        url=f"https://x.com/{handle}/status/{network_id}",
        posted_at=posted_at(network_id, desk.clock.now()),
        adopted=True,
    )
    detail = "found by a person" if seen else "found by a person; the account was not read"
    return decide(desk, post, "resolve", found(receipt), detail=detail)


def settle_not_there(desk: Desk, code: str) -> Post:
    """A person has looked, and it is not there: send it. Raises PersonNeededError while X may only be late."""
    slot = slot_at(desk.clock.now(), desk.settings().zone)
    require_consent(desk, code, slot)
    _refuse_too_early(desk, desk.post(code))
    return decide(desk, desk.post(code), "resolve", not_there(slot), detail="not there, by a person")


def _refuse_too_early(desk: Desk, post: Post) -> None:
    """Soon after a call, that its post is not shown means nothing, whoever has looked."""
    attempt = desk.storage.delivery.open_attempt(post.key.account_id)
    if attempt is None or attempt.message_id not in {message.message_id for message in post.messages}:
        return
    until = (attempt.settle_from or attempt.called_at) + SETTLE_WINDOW
    if timedelta(0) < until - desk.clock.now() <= SETTLE_WINDOW:
        local = say_time((until + timedelta(seconds=1)).astimezone(ZoneInfo(desk.settings().zone)))
        what = f"X may still show it: before {local} it means nothing that {post.code} is not there."
        raise PersonNeededError(Problem(what=what, remedy="Look again then. The runner looks by itself, too."))


@dataclass(frozen=True, kw_only=True)
class Mending:
    """What a person does about posts of one campaign that are out, or may be. Posts are those of ``stage``; what a
    replacement would say comes from the list on ``record``. Errors are those of the functions above."""

    config: Config
    record: Desk
    stage: Desk

    def delete(self, code: str, publisher: Publisher) -> Post:
        """Take it off the network; it is never sent again."""
        return delete_post(self.stage, code, publisher)

    def correct_by_reply(self, code: str, text: str, slot: Slot | None = None) -> PlannedPost:
        """Plan a reply that corrects a post."""
        return correct_by_reply(self.stage, code, text, slot)

    def replacement(self, code: str) -> Replacement:
        """What would stand in the place of a post: today's list and template. Raises UsageError if nothing changes."""
        return replacement_for(self.record, self.config, self.stage.post(code))

    def correct_by_replacement(self, code: str, new: Replacement, slot: Slot | None = None) -> PlannedPost:
        """Plan a new post in the place of one that was deleted."""
        return correct_by_replacement(self.stage, code, new, slot)

    def check_claim(self, code: str, address: str, publisher: Publisher, *, unseen: bool = False) -> Claim:
        """What the account shows at the address that a person names."""
        return check_claim(self.stage, code, address, publisher, unseen=unseen)

    def claim_unread(self, code: str, address: str, why: str, *, unseen: bool) -> Claim:
        """What is believed about that address when nobody can look at the account."""
        return claim_unread(self.stage, code, address, why, unseen=unseen)

    def settle_found(self, code: str, address: str, *, seen: bool = True) -> Post:
        """A person has found the post on the network."""
        return settle_found(self.stage, code, address, seen=seen)

    def look_once_more(self, code: str, publisher: Publisher) -> str:
        """What the account shows of a post that a person says is not there. Raises PersonNeededError when it is there."""
        return look_once_more(self.stage, code, publisher)

    def settle_not_there(self, code: str) -> Post:
        """A person has looked: it is not there, and may be sent."""
        return settle_not_there(self.stage, code)
