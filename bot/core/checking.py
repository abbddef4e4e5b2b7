"""Running the checks over the plan as it stands."""

from __future__ import annotations

from collections.abc import Iterable

from bot.checks import PlanView, run_checks
from bot.core.desk import Desk
from bot.errors import FindingsError, Problem
from bot.model import Finding, Severity


def findings(desk: Desk) -> tuple[Finding, ...]:
    """What the checks say about the plan now: errors first."""
    record, settings = desk.planned(), desk.settings()
    return run_checks(
        PlanView(
            posts=desk.posts(),
            ranking=desk.storage.rankings.load(record.campaign_id),
            now=desk.clock.now(),
            hashtags=settings.hashtags,
            lateness_limit=settings.policy.lateness_limit,
        )
    )


def refuse_errors(found: Iterable[Finding], codes: frozenset[str] | None = None) -> None:
    """Stop at errors, of these posts if some are named. Raises FindingsError with one problem for each."""
    errors = [
        finding
        for finding in found
        if finding.severity is Severity.ERROR and (codes is None or not finding.post_code or finding.post_code in codes)
    ]
    if errors:
        raise FindingsError(*(as_problem(finding) for finding in errors))


def as_problem(finding: Finding) -> Problem:
    """A finding the way errors are shown."""
    part = f", part {finding.part}" if finding.part else ""
    return Problem(
        what=finding.message, where=f"{finding.post_code}{part}" if finding.post_code else "", remedy=finding.remedy
    )
