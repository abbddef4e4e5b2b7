"""Checks: pure rules run over a plan. To add one, write a small function and name it in ``RULES``."""

from __future__ import annotations

from bot.checks.campaign import breaks_countdown, duplicate_text, mentions, slot_past
from bot.checks.spoilers import spoils_winner
from bot.checks.texts import (
    alt_text_missing,
    empty_text,
    invalid_characters,
    starts_with_mention,
    too_long,
    too_many_cashtags,
    wrong_thread_numbers,
)
from bot.checks.view import PlanView, Rule
from bot.model import Finding, Severity

__all__ = ["RULES", "PlanView", "Rule", "run_checks"]

RULES: tuple[Rule, ...] = (
    too_long,
    empty_text,
    invalid_characters,
    duplicate_text,
    starts_with_mention,
    too_many_cashtags,
    slot_past,
    spoils_winner,
    breaks_countdown,
    mentions,
    wrong_thread_numbers,
    alt_text_missing,
)


def run_checks(view: PlanView, rules: tuple[Rule, ...] = RULES) -> tuple[Finding, ...]:
    """All findings: errors before warnings, then in posting order; what concerns the whole campaign comes first."""
    ordered = sorted(view.posts, key=lambda post: (post.slot.due_at, post.code))
    place = {post.code: number for number, post in enumerate(ordered, start=1)}

    def key(finding: Finding) -> tuple[bool, int, int, str, str]:
        blocks = finding.severity is Severity.ERROR
        return (not blocks, place.get(finding.post_code, 0), finding.part or 0, finding.rule, finding.message)

    return tuple(sorted((finding for rule in rules for finding in rule(view)), key=key))
