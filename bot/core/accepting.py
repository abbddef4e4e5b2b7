"""A person's word that what a check says may stay as it is: given, in their name and with a reason, or taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

from bot.acceptance import Acceptance, AcceptanceKind
from bot.checks import RULES
from bot.checks.accepting import mark_of
from bot.config import UNWAIVABLE
from bot.config_values import did_you_mean
from bot.core.checking import findings
from bot.core.consenting import end_sign_offs
from bot.core.desk import Desk
from bot.errors import Problem, UsageError
from bot.lifecycle import state_of
from bot.model import AuditEntry, Finding, Post, PostState

_SHOWN = 8

Said = TypeVar("Said")


@dataclass(frozen=True, kw_only=True)
class TakenBack:
    """What was taken back, and the codes of the posts whose sign-off ends, because what was waived blocks again."""

    rule: str
    given: tuple[Acceptance, ...]
    ended: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Accepting:
    """What people let be: on the stage, and on the record where it is found there as well."""

    record: Desk
    stage: Desk

    def waive(self, rule: str, code: str, *, reason: str) -> tuple[Finding, ...]:
        """Let the errors of one check on one post be. Returns them. Raises UsageError."""
        return self._both(lambda desk: waive(desk, rule, code, reason))

    def tick(self, rule: str, code: str = "", *, reason: str) -> tuple[Finding, ...]:
        """Accept the warnings of one check, on one post or in the whole campaign. Returns them. Raises UsageError."""
        return self._both(lambda desk: tick(desk, rule, code, reason))

    def take_back(self, rule: str, code: str = "", *, reason: str = "") -> TakenBack:
        """Take back waivers and ticks of one check, of one post or all. Raises UsageError."""
        return self._both(lambda desk: take_back(desk, rule, code, reason))

    def _both(self, say: Callable[[Desk], Said]) -> Said:
        said = say(self.stage)
        if self.record is not self.stage:
            with suppress(UsageError):
                say(self.record)
        return said


def waive(desk: Desk, rule: str, code: str, reason: str) -> tuple[Finding, ...]:
    """Let the errors of one check on one post be. Returns them. Raises UsageError."""
    rule, post = known_rule(rule), desk.post(code)
    if rule in UNWAIVABLE:
        what = f"{rule} cannot be waived by anybody."
        raise UsageError(Problem(what=what, remedy="Correct it in the list, the template or config.toml, then plan."))
    found = [one for one in findings(desk) if one.blocks and one.rule == rule and one.post_code == post.code]
    if not found:
        raise UsageError(Problem(what=f"{rule} has no error on {post.code}.", remedy="Look: campaign-bot check"))
    _record(desk, AcceptanceKind.WAIVER, found, (post,), reason)
    return tuple(found)


def tick(desk: Desk, rule: str, code: str, reason: str) -> tuple[Finding, ...]:
    """Accept the warnings of one check: on one post, or without a code in the whole campaign, also those to come.

    Returns them. Raises UsageError.
    """
    rule, post = known_rule(rule), desk.post(code) if code else None
    found = [
        one for one in findings(desk) if one.asks and one.rule == rule and (post is None or one.post_code == post.code)
    ]
    if not found:
        where = f"on {post.code}" if post else "in this campaign"
        raise UsageError(Problem(what=f"{rule} has no open warning {where}.", remedy="Look: campaign-bot check"))
    if post is None:
        given = Acceptance(kind=AcceptanceKind.TICK, rule=rule)
        _save(desk, [given], desk.entry("tick", detail=f"{rule}: the whole campaign", note=reason))
    else:
        _record(desk, AcceptanceKind.TICK, found, (post,), reason)
    return tuple(found)


def tick_shown(desk: Desk, found: Sequence[Finding], *, by: str, reason: str) -> None:
    """Accept these very warnings in somebody's name: one line in the log for each check."""
    posts = desk.posts()
    desk = replace(desk, actor=by)
    for rule in dict.fromkeys(finding.rule for finding in found):
        _record(desk, AcceptanceKind.TICK, [one for one in found if one.rule == rule], posts, reason)


def _record(desk: Desk, kind: AcceptanceKind, found: Sequence[Finding], posts: Sequence[Post], reason: str) -> None:
    by_code = {post.code: post for post in posts}
    rule = found[0].rule
    given = [
        Acceptance(kind=kind, rule=rule, post_code=finding.post_code, mark=mark_of(finding, by_code))
        for finding in found
    ]
    codes = list(dict.fromkeys(finding.post_code or "the campaign" for finding in found))
    named = ", ".join(codes[:_SHOWN]) + (f" and {len(codes) - _SHOWN:,} more" if len(codes) > _SHOWN else "")
    code = found[0].post_code if len(codes) == 1 else ""
    _save(desk, given, desk.entry(kind.value, post_code=code, detail=f"{rule}: {named}", note=reason))


def _save(desk: Desk, given: Sequence[Acceptance], entry: AuditEntry) -> None:
    desk.storage.waivers.add(desk.planned().campaign_id, given, entry=entry)


def known_rule(rule: str) -> str:
    """A check by its name, however it is written. Raises UsageError with the nearest one."""
    name = rule.strip().upper()
    if name not in RULES:
        remedy = did_you_mean(name, RULES) or "campaign-bot check shows the name of each after its message."
        raise UsageError(Problem(what=f"There is no check called “{rule}”.", remedy=remedy))
    return name


def take_back(desk: Desk, rule: str, code: str, reason: str) -> TakenBack:
    """Take back the waivers and ticks of one check, of one post or without a code all of them. Raises UsageError."""
    rule = known_rule(rule)
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
