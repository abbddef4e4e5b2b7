"""How a plan freezes what its checks are told: plain values for JSON, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from bot.config import Budget, Checks, Privacy, QuietWindow


def plain_checks(checks: Checks) -> dict[str, Any]:
    """Dates and instants in ISO 8601."""
    return {
        "sensitive": checks.sensitive,
        "planned_on": checks.planned_on.isoformat() if checks.planned_on else None,
        "nation": checks.nation,
        "acronyms": list(checks.acronyms),
        "links": list(checks.links),
        "off": dict(checks.off),
        "quiet": [
            {"name": window.name, "kind": window.kind, "zone": window.zone}
            | {"starts_at": window.starts_at.isoformat(), "ends_at": window.ends_at.isoformat()}
            for window in checks.quiet
        ],
    }


def checks_from_plain(stored: Mapping[str, Any]) -> Checks:
    """The inverse of ``plain_checks``; what an older version did not write gets its default."""
    planned_on = stored.get("planned_on")
    return Checks(
        sensitive=stored.get("sensitive", False),
        planned_on=date.fromisoformat(planned_on) if planned_on else None,
        nation=stored.get("nation", Checks.nation),
        acronyms=tuple(stored.get("acronyms", ())),
        links=tuple(stored.get("links", ())),
        off=tuple(sorted(stored.get("off", {}).items())),
        quiet=tuple(_window(window) for window in stored.get("quiet", ())),
    )


def plain_budget(budget: Budget) -> dict[str, Any]:
    """Money as a decimal string."""
    return {"usd": None if budget.usd is None else str(budget.usd), "posts_a_day": budget.posts_a_day}


def budget_from_plain(stored: Mapping[str, Any]) -> Budget:
    """The inverse of ``plain_budget``."""
    usd = stored.get("usd")
    return Budget(usd=None if usd is None else Decimal(usd), posts_a_day=stored.get("posts_a_day", Budget.posts_a_day))


def plain_privacy(privacy: Privacy) -> dict[str, Any]:
    """The day in ISO 8601."""
    day = privacy.notice_date.isoformat() if privacy.notice_date else None
    return {"basis": privacy.basis, "notice_date": day, "objections": privacy.objections}


def privacy_from_plain(stored: Mapping[str, Any]) -> Privacy:
    """The inverse of ``plain_privacy``; a plan of an older version knows no basis."""
    day = stored.get("notice_date")
    return Privacy(
        basis=stored.get("basis"),
        notice_date=date.fromisoformat(day) if day else None,
        objections=stored.get("objections", ""),
    )


def _window(stored: Mapping[str, str]) -> QuietWindow:
    instants = {key: datetime.fromisoformat(stored[key]) for key in ("starts_at", "ends_at")}
    return QuietWindow(name=stored["name"], kind=stored["kind"], zone=stored["zone"], **instants)
