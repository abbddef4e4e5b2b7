"""Sign-off: bound to exactly what was previewed, and refused with the difference when that has changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.core.accepting import tick_shown
from bot.core.checking import as_problem, findings, open_warnings, refuse_errors
from bot.core.consenting import end_uncovered
from bot.core.desk import Desk
from bot.errors import FindingsError, NotApprovedError, Problem, UsageError
from bot.lifecycle import state_of
from bot.model import Approval, Finding, Post, PostState
from bot.storage.plans import PlanLine
from bot.wording import plural

_NAMED = 8
"""So many codes are named in the log; more are counted. What each sign-off covered stands with its post."""


@dataclass(frozen=True, kw_only=True)
class Signed:
    """What a sign-off covered: codes signed now, and those that were signed before."""

    plan_code: str
    codes: tuple[str, ...]
    already: tuple[str, ...]


def approve(
    desk: Desk, *, codes: Sequence[str] | None, plan_code: str, by: str, accept_warnings: bool = True
) -> Signed:
    """Sign posts off (all that wait for it, when ``codes`` is None) as they stood under ``plan_code``, and with
    ``accept_warnings`` tick what the checks warn of in them.

    Raises NotApprovedError with the difference when the plan is another one by now, FindingsError when a check says no.
    """
    if not by.strip():
        raise UsageError(Problem(what="A sign-off needs a name.", remedy='Add --by "Your Name".'))
    record = desk.planned()
    seen = plan_code.strip().upper()
    if seen != record.plan_code:
        raise NotApprovedError(*_what_changed(desk, seen, record.plan_code))
    posts = desk.posts() if codes is None else tuple(desk.post(code) for code in codes)
    wanted = tuple(post for post in posts if state_of(post) is PostState.DRAFT)
    if codes is not None:
        _refuse_unsignable(posts)
    warnings = _open_warnings(desk, wanted, accept=accept_warnings)
    now = desk.clock.now()
    approvals = {
        post.post_id: Approval(by=by.strip(), at=now, digest=post.digest, plan_code=record.plan_code) for post in wanted
    }
    codes_signed = tuple(post.code for post in wanted)
    detail = f"plan {record.plan_code}: {_counted(codes_signed)}"
    entry = desk.entry("approve", detail=detail, note=f"signed off by {by.strip()}")
    if not desk.storage.plans.approve(record.campaign_id, approvals, seen=record.plan_code, entry=entry):
        raise NotApprovedError(*_overtaken(desk, seen, desk.planned().plan_code))
    ended = end_uncovered(desk)  # consent may have been taken back since the checks ran
    tick_shown(desk, warnings, by=by.strip(), reason=f"accepted with the sign-off of plan {record.plan_code}")
    already = tuple(post.code for post in posts if state_of(post) is PostState.APPROVED)
    codes_signed = tuple(code for code in codes_signed if code not in ended)
    return Signed(plan_code=record.plan_code, codes=codes_signed, already=already)


def _open_warnings(desk: Desk, wanted: Sequence[Post], *, accept: bool) -> tuple[Finding, ...]:
    """The warnings that a sign-off of these posts would tick. Raises FindingsError for errors, or when it may not tick."""
    if not wanted:
        return ()
    found, codes = findings(desk), frozenset(post.code for post in wanted)
    refuse_errors(found, codes)
    warnings = open_warnings(found, codes)
    if warnings and not accept:
        remedy = "Look at them (campaign-bot check), then add --accept-warnings, or tick each: campaign-bot check --tick RULE"
        what = f"{plural(len(warnings), 'warning')} would be accepted with this sign-off."
        raise FindingsError(Problem(what=what, remedy=remedy), *(as_problem(finding) for finding in warnings))
    return warnings


def copy_sign_off(source: Desk, target: Desk, signed: Signed) -> None:
    """Let a sign-off count in a copy of the database too, for posts that say the same there and still wait for it."""
    given = {post.code: post.approval for post in source.posts() if post.code in signed.codes}
    approvals = {
        post.post_id: approval
        for post in target.posts()
        if state_of(post) is PostState.DRAFT and (approval := given.get(post.code)) and approval.digest == post.digest
    }
    record = target.planned()
    entry = target.entry("approve", detail=f"plan {signed.plan_code}: as in the record")
    target.storage.plans.approve(record.campaign_id, approvals, seen=record.plan_code, entry=entry)


def _counted(codes: tuple[str, ...]) -> str:
    if len(codes) > _NAMED:
        return f"{len(codes)} posts"
    return ", ".join(codes) or "nothing was waiting"


def _refuse_unsignable(posts: Iterable[Post]) -> None:
    late = [post.code for post in posts if state_of(post) is PostState.MISSED]
    if late:
        raise UsageError(
            *(
                Problem(
                    what=f"{code} has missed its slot, so there is nothing to sign off yet.",
                    remedy=f"Give it another slot: campaign-bot reschedule {code} --to next",
                )
                for code in late
            )
        )


def _overtaken(desk: Desk, seen: str, current: str) -> list[Problem]:
    if seen != current:
        return _what_changed(desk, seen, current)
    what = "One of these posts was skipped, missed or signed by somebody else while you signed; nothing was signed."
    return [Problem(what=what, remedy="Look again (campaign-bot status), then sign what still waits.")]


def _what_changed(desk: Desk, seen: str, current: str) -> list[Problem]:
    record = desk.planned()
    before = desk.storage.plans.lines(record.campaign_id, seen)
    again = f"Look again: campaign-bot preview, then approve with --code {current}"
    if before is None:
        what = f"“{seen}” is not the code of any plan of this campaign; the plan is {current}."
        return [Problem(what=what, remedy=again)]
    after = desk.storage.plans.lines(record.campaign_id, current) or ()
    changes = difference(before, after)
    what = f"The plan has changed since you saw {seen}: {len(changes)} of its posts. It is {current} now."
    return [Problem(what=what, remedy=again), *(Problem(what=line) for line in changes)]


def difference(before: Sequence[PlanLine], after: Sequence[PlanLine]) -> list[str]:
    """What changed between two remembered plans, a line for each post: "~ w07: its text or picture"."""
    old = {code: (digest, slot) for code, digest, slot in before}
    new = {code: (digest, slot) for code, digest, slot in after}
    lines = [f"- {code} is gone" for code in old if code not in new]
    for code, (digest, slot) in new.items():
        if code not in old:
            lines.append(f"+ {code} is new")
            continue
        was_digest, was_slot = old[code]
        if was_digest != digest:
            lines.append(f"~ {code}: its text or picture")
        if was_slot != slot:
            lines.append(f"~ {code}: moved from {_said(was_slot)} to {_said(slot)}")
    return lines


def _said(slot: str) -> str:
    return slot.replace("T", " ").removesuffix(":00")
