"""Checks: pure rules run over a plan. To add one, write a small function and name it in ``RULES``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.checks import (
    calendar,
    campaign,
    consent,
    contributed,
    emoji,
    links,
    people,
    privacy,
    safeguarding,
    spending,
    spoilers,
    tags,
    texts,
    wishes,
    words,
)
from bot.checks.view import PlanView, Rule
from bot.config import SAFEGUARDS, UNWAIVABLE
from bot.model import Finding, SeriesKind, Severity

__all__ = ["RULES", "PlanView", "Rule", "run_checks"]

RULES: Mapping[str, Rule] = {
    "LEN": texts.too_long,
    "EMPTY": texts.empty_text,
    "PLACEHOLDER": words.placeholder,
    "CHARACTERS": texts.invalid_characters,
    "FANCY-LETTERS": words.fancy_letters,
    "DUPLICATE": campaign.duplicate_text,
    "NEAR-DUPLICATE": campaign.near_duplicate,
    "STARTS-WITH-AT": texts.starts_with_mention,
    "CASHTAGS": texts.too_many_cashtags,
    "HASHTAG-CASE": tags.hashtag_case,
    "HASHTAG-COUNT": tags.hashtag_count,
    "HASHTAG-PLACE": tags.hashtag_place,
    "EMOJI-COUNT": emoji.emoji_count,
    "EMOJI-REPEAT": emoji.emoji_repeat,
    "EMOJI-MID": emoji.emoji_mid,
    "EMOJI-ONLY": emoji.emoji_only,
    "SENTENCE": words.long_sentence,
    "CAPS": words.capitals,
    "ACRONYM": words.acronym,
    "LINKS": links.links,
    "LINK-COUNT": links.link_count,
    "LINK-WORDS": links.link_words,
    "NAME-MATCH": people.name_match,
    "RANK-SET": people.rank_set,
    "HANDLE": people.handles,
    "PERSONAL-HANDLE": consent.personal_handle,
    "MENTION": campaign.mentions,
    "CONSENT": consent.consent,
    "CONSENT-RECORD": consent.consent_record,
    "NOTICE": consent.notice,
    "DO-NOT-NAME": wishes.do_not_name,
    "PLACE-UNNAMED": wishes.undecided_place,
    "CHILD": privacy.child,
    "CASE": privacy.case,
    "PII": privacy.personal_data,
    "PLACE": safeguarding.place,
    "SUPPORTED": safeguarding.supported,
    "POLITICS": calendar.politics,
    "TONE": words.tone,
    "SPOILER": spoilers.spoils_winner,
    "THREAD": texts.wrong_thread_numbers,
    "COUNTDOWN": campaign.breaks_countdown,
    "SLOT-PAST": campaign.slot_past,
    "QUIET-PERIOD": calendar.quiet_period,
    "PLANNED-BEFORE": calendar.planned_before,
    "SPACING": calendar.spacing,
    "DAY-COUNT": contributed.day_count,
    "ALT-MISSING": texts.alt_text_missing,
    "ALT-LONG": texts.alt_text_long,
    "ALT-LAZY": texts.alt_text_lazy,
    "COST": spending.over_budget,
    "CAP": calendar.daily_cap,
}
"""Every check by the name it has on screens, in config.toml and in docs/checks.md."""


def run_checks(view: PlanView, rules: Iterable[Rule] | None = None) -> tuple[Finding, ...]:
    """All findings: errors before warnings, then in posting order; what concerns the whole campaign comes first.

    Without ``rules``, all that config.toml has not switched off. What nobody may waive cannot be switched off either.
    """
    codes = frozenset(post.code for post in view.posts if post.kind is SeriesKind.CONTRIBUTIONS)
    off = {name for name, _ in view.checks.off} - (UNWAIVABLE | SAFEGUARDS if codes else UNWAIVABLE)
    chosen = [rule for name, rule in RULES.items() if name not in off] if rules is None else rules
    ordered = sorted(view.posts, key=lambda post: (post.slot.due_at, post.code))
    place = {post.code: number for number, post in enumerate(ordered, start=1)}

    def key(finding: Finding) -> tuple[bool, int, int, str, str]:
        blocks = finding.severity is Severity.ERROR
        return (not blocks, place.get(finding.post_code, 0), finding.part or 0, finding.rule, finding.message)

    found = contributed.with_remedies((finding for rule in chosen for finding in rule(view)), codes)
    return tuple(sorted(found, key=key))
