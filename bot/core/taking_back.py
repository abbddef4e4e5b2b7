"""A person's word that something may stay as it is, taken back."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from bot.acceptance import Acceptance, AcceptanceKind
from bot.core.checking import known_rule
from bot.core.consenting import end_sign_offs
from bot.core.desk import Desk
from bot.errors import Problem, UsageError
from bot.lifecycle import state_of
from bot.model import PostState


@dataclass(frozen=True, kw_only=True)
class TakenBack:
    """What was taken back, and the codes of the posts whose sign-off ends, because what was waived blocks again."""

    rule: str
    given: tuple[Acceptance, ...]
    ended: tuple[str, ...]


def take_back(stage: Desk, record: Desk, rule: str, code: str, *, reason: str = "") -> TakenBack:
    """Take back the waivers and ticks of one check, of one post or without a code all of them: on the stage, and on the
    record where they are given there as well. Raises UsageError."""
    done = _take_back(stage, known_rule(rule), code, reason)
    if record is not stage:
        with suppress(UsageError):
            _take_back(record, done.rule, code, reason)
    return done


def _take_back(desk: Desk, rule: str, code: str, reason: str) -> TakenBack:
    campaign_id, post = desk.planned().campaign_id, desk.post(code) if code else None
    given = [one for one in desk.storage.waivers.all(campaign_id) if one.rule == rule]
    mine = tuple(one for one in given if post is None or one.post_code == post.code)
    if not mine:
        raise UsageError(_nothing(rule, post.code if post else "", given))
    waived = {one.post_code for one in mine if one.kind is AcceptanceKind.WAIVER}
    posts = tuple(one for one in desk.posts() if one.code in waived and state_of(one) is PostState.APPROVED)
    # First: whatever happens in between, nothing goes out that is no longer waived.
    ended = end_sign_offs(desk, posts, why=f"{rule} is no longer waived")
    where = post.code if post else ""
    entry = desk.entry("taken back", post_code=where, detail=f"{rule}: {where or 'the whole campaign'}", note=reason)
    desk.storage.waivers.take_back(campaign_id, rule, where or None, entry=entry)
    return TakenBack(rule=rule, given=mine, ended=ended)


def _nothing(rule: str, code: str, given: list[Acceptance]) -> Problem:
    if code and any(not one.post_code for one in given):
        what = f"{rule} is ticked for the whole campaign, not for {code}."
        return Problem(what=what, remedy=f"To take that back: campaign-bot check --withdraw {rule}")
    where = f"on {code}" if code else "in this campaign"
    return Problem(what=f"{rule} is neither waived nor ticked {where}.", remedy="Look: campaign-bot check")
