"""Starting: a person's decision, taken once, with everything on the table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.core.checking import findings, refuse_errors
from bot.core.desk import Desk
from bot.cost import Cost, cost_of
from bot.errors import NotApprovedError, NotReadyError, Problem, UsageError
from bot.lifecycle import is_final, state_of
from bot.model import Account, Finding, Mode, Post, PostState

_SHOWN = 8


@dataclass(frozen=True, kw_only=True)
class Departure:
    """What is about to begin. ``started_at`` is set when it has begun before, and only goes on."""

    mode: Mode
    campaign: str
    account: Account
    first: Post
    last: Post
    number: int
    messages: int
    cost: Cost
    findings: tuple[Finding, ...]
    started_at: datetime | None


def departure(desk: Desk, mode: Mode, *, fingerprint: str | None) -> Departure:
    """All that ``start`` shows. ``fingerprint`` is that of the credentials at hand.

    Raises FindingsError, NotApprovedError or NotReadyError with what is in the way.
    """
    record, posts = desk.planned(), desk.posts()
    waiting = tuple(post for post in posts if not is_final(post))
    if not waiting:
        raise UsageError(Problem(what="There is nothing to send: every post of the campaign is final."))
    found = findings(desk)
    refuse_errors(found)
    unsigned = [post.code for post in waiting if state_of(post) is PostState.DRAFT]
    if unsigned:
        raise NotApprovedError(
            Problem(
                what=f"{len(unsigned)} of {len(posts)} posts are not signed off: {_some(unsigned)}.",
                remedy="Look (campaign-bot preview), then: campaign-bot approve --all",
            )
        )
    account = desk.account_of(waiting[0])
    if mode is Mode.LIVE:
        require_proof(account, fingerprint)
    return Departure(
        mode=mode,
        campaign=record.name,
        account=account,
        first=waiting[0],
        last=waiting[-1],
        number=len(waiting),
        messages=sum(len(post.messages) for post in waiting),
        cost=cost_of(waiting, desk.settings().prices),
        findings=found,
        started_at=record.started_at,
    )


def require_proof(account: Account, fingerprint: str | None) -> None:
    """Nothing goes live before the very credentials at hand were seen to belong to the account."""
    remedy = "Run: campaign-bot doctor --online"
    if fingerprint is None:
        raise NotReadyError(
            Problem(what=f"There are no credentials for @{account.handle} yet.", remedy="Run: campaign-bot connect")
        )
    if account.proof is None:
        what = f"Nobody has checked yet that the credentials belong to @{account.handle}."
        raise NotReadyError(Problem(what=what, remedy=remedy))
    if account.proof != fingerprint:
        what = f"The credentials have changed since they were checked to belong to @{account.handle}."
        raise NotReadyError(Problem(what=what, remedy=remedy))


def record_start(desk: Desk, mode: Mode) -> None:
    """Write the decision down; from now on ``run`` needs no question."""
    record = desk.planned()
    desk.storage.campaigns.record_start(
        record.campaign_id, mode, desk.entry("start", detail=f"{mode}, plan {record.plan_code}")
    )


def _some(codes: list[str]) -> str:
    shown, rest = codes[:_SHOWN], len(codes[_SHOWN:])
    return ", ".join(shown) + (f" and {rest} more" if rest else "")
