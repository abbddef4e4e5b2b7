"""Rules about money."""

from __future__ import annotations

from collections.abc import Iterator

from bot.checks.view import PlanView, of_campaign
from bot.cost import cost_of
from bot.model import Finding, Severity

_NEARLY = 10
"""In tenths: from nine of them on, somebody should know."""


def over_budget(view: PlanView) -> Iterator[Finding]:
    """What X's API charges for the whole campaign stays within ``[budget] usd``
    (https://docs.x.com/x-api/getting-started/pricing). Links are what makes posts dear."""
    budget = view.budget.usd
    if budget is None:
        return
    cost = cost_of(view.posts, view.prices)
    links = f" The links add US${cost.links_extra:,.2f} of it." if cost.with_link else ""
    if cost.total > budget:
        what = f"The campaign costs US${cost.total:,.2f}, and the budget is US${budget:,.2f}.{links}"
        remedy = "Take links out, or raise [budget] usd in config.toml and plan again."
        yield of_campaign("COST", Severity.ERROR, what, remedy)
    elif cost.total * _NEARLY > budget * (_NEARLY - 1):
        what = f"The campaign costs US${cost.total:,.2f} of a budget of US${budget:,.2f}.{links}"
        yield of_campaign("COST", Severity.WARNING, what, "Leave something for corrections.")
