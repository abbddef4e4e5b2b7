"""Running the checks over the plan as it stands, and what people let be of what they say."""

from __future__ import annotations

from collections.abc import Iterable

from bot.checks import RULES, PlanView, run_checks
from bot.checks.accepting import accepted
from bot.checks.contributed import despite
from bot.config import Config
from bot.config_values import did_you_mean
from bot.core.desk import Desk
from bot.core.remaking import watchlist_of
from bot.errors import ConfigError, FindingsError, Problem
from bot.model import Finding

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


def _concerns(finding: Finding, codes: frozenset[str] | None) -> bool:
    return codes is None or not finding.post_code or finding.post_code in codes
