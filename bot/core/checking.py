"""Running the checks over the plan as it stands, and what people let be of what they say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.acceptance import Acceptance, AcceptanceKind
from bot.checks import RULES, PlanView, run_checks
from bot.checks.accepting import accepted, mark_of
from bot.checks.contributed import despite
from bot.config import UNWAIVABLE, Config
from bot.config_values import did_you_mean
from bot.core.desk import Desk
from bot.core.remaking import watchlist_of
from bot.errors import ConfigError, FindingsError, Problem, UsageError
from bot.model import AuditEntry, Finding, Post

_SHOWN = 8


def findings(desk: Desk) -> tuple[Finding, ...]:
    """What the checks say about the plan now, errors first; what was waived or ticked says by whom."""
    view = view_of(desk)
    found, posts = run_checks(view), view.posts
    known = accepted(found, posts, desk.storage.waivers.all(desk.planned().campaign_id))
    return despite(known, view.ranking.contributions) if view.ranking.contributions else known


def view_of(desk: Desk) -> PlanView:
    """The plan as the checks see it now."""
    record, settings = desk.planned(), desk.settings()
    watchlist = watchlist_of(desk)
    return PlanView(
        posts=desk.posts(),
        ranking=watchlist.nameable,
        watchlist=watchlist,
        now=desk.clock.now(),
        hashtags=settings.hashtags,
        lateness_limit=settings.policy.lateness_limit,
        campaign=record.name,
        checks=settings.checks,
        budget=settings.budget,
        prices=settings.prices,
        privacy=settings.privacy,
        networks={one.account_id: one.network for one in desk.storage.campaigns.accounts(record.campaign_id)},
    )


def refuse_errors(found: Iterable[Finding], codes: frozenset[str] | None = None) -> None:
    """Stop at errors, of these posts if some are named. Raises FindingsError with one problem for each."""
    errors = [finding for finding in found if finding.blocks and _concerns(finding, codes)]
    if errors:
        raise FindingsError(*(as_problem(finding) for finding in errors))


def open_warnings(found: Iterable[Finding], codes: frozenset[str] | None = None) -> tuple[Finding, ...]:
    """Warnings that nobody has ticked yet, of these posts if some are named, and of the campaign."""
    return tuple(finding for finding in found if finding.asks and _concerns(finding, codes))


def as_problem(finding: Finding) -> Problem:
    """A finding the way errors are shown."""
    part = f", part {finding.part}" if finding.part else ""
    return Problem(
        what=finding.message, where=f"{finding.post_code}{part}" if finding.post_code else "", remedy=finding.remedy
    )


def refuse_unknown_rules(config: Config) -> None:
    """A check that is switched off must be one. Raises ConfigError."""
    unknown = [name for name, _ in config.checks.off if name not in RULES]
    if unknown:
        raise ConfigError(
            *(
                Problem(
                    what=f"There is no check called {name}.",
                    where="config.toml, [checks.off]",
                    remedy=did_you_mean(name, RULES) or "docs/checks.md lists them all.",
                )
                for name in unknown
            )
        )


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


def _concerns(finding: Finding, codes: frozenset[str] | None) -> bool:
    return codes is None or not finding.post_code or finding.post_code in codes
