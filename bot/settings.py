"""What a plan freezes of its config, so that a runner needs nothing but the database and its credentials."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache

from bot.config import IF_UNANSWERED, Budget, Checks, Config, Prices, Privacy
from bot.lifecycle import Policy
from bot.settings_checks import (
    budget_from_plain,
    checks_from_plain,
    plain_budget,
    plain_checks,
    plain_privacy,
    privacy_from_plain,
)

HOLD, SEND_AGAIN = IF_UNANSWERED


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Zone, rules about time, prices, hashtags and what the checks are told, as they were when the plan was made."""

    zone: str = "UTC"
    policy: Policy = field(default_factory=Policy)
    prices: Prices = field(default_factory=Prices)
    hashtags: tuple[str, ...] = ()
    spacing: timedelta = timedelta(minutes=30)
    checks: Checks = field(default_factory=Checks)
    budget: Budget = field(default_factory=Budget)
    privacy: Privacy = field(default_factory=Privacy)


def settings_of(config: Config) -> Settings:
    """The part of a config that a plan freezes."""
    return Settings(
        zone=config.zone,
        policy=Policy(
            lateness_limit=config.posting.lateness_limit,
            catch_up_spacing=config.posting.catch_up_spacing,
            thread_gap=config.posting.thread_gap,
            sends_unanswered_again=config.posting.if_unanswered == SEND_AGAIN,
        ),
        prices=config.prices,
        hashtags=config.hashtags,
        spacing=config.posting.spacing,
        checks=config.checks,
        budget=config.budget,
        privacy=config.privacy,
    )


def settings_to_json(settings: Settings) -> str:
    """Durations in seconds, money as decimal strings; keys sorted, so that equal settings are equal texts."""
    policy, prices = settings.policy, settings.prices
    return json.dumps(
        {
            "zone": settings.zone,
            "lateness_limit": policy.lateness_limit.total_seconds(),
            "catch_up_spacing": policy.catch_up_spacing.total_seconds(),
            "thread_gap": policy.thread_gap.total_seconds(),
            "if_unanswered": SEND_AGAIN if policy.sends_unanswered_again else HOLD,
            "spacing": settings.spacing.total_seconds(),
            "price_post": str(prices.post),
            "price_post_with_link": str(prices.post_with_link),
            "price_alt_text": str(prices.alt_text),
            "hashtags": list(settings.hashtags),
            "checks": plain_checks(settings.checks),
            "budget": plain_budget(settings.budget),
            "privacy": plain_privacy(settings.privacy),
        },
        sort_keys=True,
    )


@lru_cache(maxsize=16)
def settings_from_json(text: str) -> Settings:
    """The inverse of ``settings_to_json``, remembered because a runner asks for every post; a key that an older version did not write gets its default."""
    stored = json.loads(text)
    known = Settings()
    seconds = {
        "lateness_limit": known.policy.lateness_limit,
        "catch_up_spacing": known.policy.catch_up_spacing,
        "thread_gap": known.policy.thread_gap,
        "spacing": known.spacing,
    }
    durations = {key: timedelta(seconds=stored[key]) if key in stored else value for key, value in seconds.items()}
    spacing = durations.pop("spacing")
    prices = {
        "post": stored.get("price_post", known.prices.post),
        "post_with_link": stored.get("price_post_with_link", known.prices.post_with_link),
        "alt_text": stored.get("price_alt_text", known.prices.alt_text),
    }
    return Settings(
        zone=stored.get("zone", known.zone),
        policy=Policy(**durations, sends_unanswered_again=stored.get("if_unanswered") == SEND_AGAIN),
        prices=Prices(**{key: Decimal(value) for key, value in prices.items()}),
        hashtags=tuple(stored.get("hashtags", ())),
        spacing=spacing,
        checks=checks_from_plain(stored.get("checks", {})),
        budget=budget_from_plain(stored.get("budget", {})),
        privacy=privacy_from_plain(stored.get("privacy", {})),
    )
