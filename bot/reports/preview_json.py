"""The preview for programs."""

from __future__ import annotations

from decimal import Decimal

from bot.model import Finding, Media
from bot.reports.preview import PartCard, PostCard, Preview
from bot.reports.words import utc_text, zone_word

VERSION = 1


def preview_json(preview: Preview) -> dict[str, object]:
    """Stable keys; new ones may be added, none is renamed or removed within a ``version``.

    - ``version``, ``campaign``, ``account`` (without ``@``), ``mode`` (practice, live), ``plan_code`` (null before the
      first plan), ``zone``, ``made_at`` (ISO 8601 with offset), ``hashtags``, ``next_command``
    - ``counts``: number of posts for each state that occurs
    - ``cost``: ``messages``, ``with_link``, ``without_link``, ``alt_texts``; money as decimal strings in US dollars:
      ``total``, ``links_extra``, ``to_come``, ``budget_left`` (of the whole campaign; null without a budget)
    - ``findings``: ``rule``, ``severity`` (error, warning), ``message``, ``remedy``, ``post`` (code or null),
      ``part`` (from 1, or null), ``accepted`` (who has waived or ticked it and why, or null)
    - ``posts`` in order of time: ``code``, ``kind``, ``title``, ``local`` (ISO 8601 with offset, campaign's zone),
      ``due_at`` (UTC), ``zone_name`` (GMT, BST), ``state``, ``reason``, ``signed_off_by``, ``parts``
    - ``parts``: ``number``, ``text`` (as it will be sent), ``used``, ``limit``, ``over_by``, ``state``, ``reason``,
      ``url``, ``posted_at``, ``adopted``, ``media`` (``sha256``, ``mime``, ``size``, ``alt_text``)
    """
    return {
        "version": VERSION,
        "campaign": preview.campaign,
        "account": preview.account,
        "mode": preview.mode.value,
        "plan_code": preview.plan_code or None,
        "zone": preview.zone,
        "made_at": preview.made_at.isoformat(),
        "hashtags": list(preview.hashtags),
        "counts": {state.value: number for state, number in preview.counts},
        "cost": _cost(preview),
        "findings": [_finding(finding) for finding in preview.findings],
        "posts": [_post(card) for day in preview.days for card in day.cards],
        "next_command": preview.next_command,
    }


def _cost(preview: Preview) -> dict[str, object]:
    cost = preview.cost
    return {
        "messages": cost.messages,
        "with_link": cost.with_link,
        "without_link": cost.without_link,
        "alt_texts": cost.alt_texts,
        "total": _money(cost.total),
        "links_extra": _money(cost.links_extra),
        "to_come": _money(cost.to_come),
        "budget_left": None if preview.budget_left is None else _money(preview.budget_left),
    }


def _money(amount: Decimal) -> str:
    return f"{amount:.3f}"


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": finding.message,
        "remedy": finding.remedy,
        "post": finding.post_code or None,
        "part": finding.part,
        "accepted": finding.accepted or None,
    }


def _post(card: PostCard) -> dict[str, object]:
    return {
        "code": card.code,
        "kind": card.kind.value,
        "title": card.title,
        "local": card.local.isoformat(),
        "due_at": utc_text(card.local),
        "zone_name": zone_word(card.local),
        "state": card.state.value,
        "reason": card.reason,
        "signed_off_by": card.signed_off_by or None,
        "parts": [_part(part) for part in card.parts],
    }


def _part(part: PartCard) -> dict[str, object]:
    return {
        "number": part.number,
        "text": part.text,
        "used": part.used,
        "limit": part.limit,
        "over_by": part.over_by,
        "state": part.state.value,
        "reason": part.reason,
        "url": part.url or None,
        "posted_at": utc_text(part.posted_at),
        "adopted": part.adopted,
        "media": [_media(media) for media in part.media],
    }


def _media(media: Media) -> dict[str, object]:
    return {"sha256": media.sha256, "mime": media.mime, "size": media.size, "alt_text": media.alt_text}
