"""Showing a rehearsal: the timeline of what would happen, and what it comes to."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from bot.cli.screen import Screen, say, say_json

if TYPE_CHECKING:
    from bot.bootstrap import Shop
    from bot.core.delivering import Event
    from bot.core.rehearsing import Rehearsal
    from bot.cost import Cost
    from bot.model import Finding, PostState
    from bot.reports.timeline_text import TimelineEvent

_WORTH_A_BAR = 200
"""Messages; fewer are rehearsed in less than a second."""

_SHOWN = 8


def rehearse(screen: Screen, shop: Shop, *, as_json: bool) -> int:
    """Rehearse the campaign, show it, and return the exit code: 6 when something would wait for a person."""
    from bot.bootstrap import throw_away_copy
    from bot.errors import ExitCode
    from bot.lifecycle import is_final

    bot = shop.bot
    found = bot.findings()
    total = sum(len(post.messages) for post in bot.posts())
    with throw_away_copy(bot.record.storage) as copy, progress_bar(total) as advance:
        rehearsal = bot.rehearse(copy, progress=lambda _: advance())
    titles = bot.titles(rehearsal.posts)
    timeline = [timeline_event(event, titles.get(event.code, "")) for event in rehearsal.events]
    if as_json:
        say_json(_as_json(shop, rehearsal, timeline, found))
    else:
        _say_findings(found)
        _say_timeline(screen, shop, timeline)
        _say_summary(shop, rehearsal)
    waits = any(not is_final(post) for post in rehearsal.posts)
    return ExitCode.PERSON_NEEDED if waits else ExitCode.FINE


@contextmanager
def progress_bar(length: int) -> Iterator[Callable[[], None]]:
    """A bar on stderr for what takes longer than a moment, where a person looks."""
    if length < _WORTH_A_BAR or not sys.stderr.isatty():
        yield lambda: None
        return
    with click.progressbar(length=length, label="Rehearsing", file=sys.stderr) as bar:
        yield lambda: bar.update(1)


def timeline_event(event: Event, title: str, *, whose: str = "") -> TimelineEvent:
    """What delivery tells, as a line of the timeline shows it; ``whose`` names the owner where it is another's."""
    from bot.reports.timeline_text import TimelineEvent

    return TimelineEvent(
        at=event.at,
        code=event.code,
        state=event.state,
        part=event.part,
        parts=event.parts,
        title=title,
        whose=whose,
        reason=event.reason,
        late=event.late,
    )


def finding_line(finding: Finding) -> str:
    """``✗ w07: what is wrong. What to do.``"""
    from bot.reports.words import ACCEPTED_SYMBOL, SEVERITY_SYMBOLS, one_line

    where = f"{finding.post_code}: " if finding.post_code else ""
    if finding.accepted:
        return one_line(f"{ACCEPTED_SYMBOL} {where}{finding.message} ({finding.accepted})")
    return one_line(f"{SEVERITY_SYMBOLS[finding.severity]} {where}{finding.message} {finding.remedy}")


def _say_findings(found: tuple[Finding, ...]) -> None:
    errors = [finding for finding in found if finding.blocks]
    for finding in found:
        say(finding_line(finding))
    if errors:
        say(f"These {len(errors):,} errors keep it from being started; here is what would happen all the same.")
    if found:
        say()


def _say_timeline(screen: Screen, shop: Shop, timeline: list[TimelineEvent]) -> None:
    from bot.reports.timeline_text import timeline_text

    say(timeline_text(timeline, zone=shop.bot.zone(), colour=screen.colour) or "Nothing would happen any more.")
    say()


def _say_summary(shop: Shop, rehearsal: Rehearsal) -> None:
    from bot.reports.preview_text import dollars
    from bot.reports.words import symbol_of
    from bot.wording import plural

    counts = _counts(rehearsal)
    totals = ", ".join(f"{symbol_of(state)} {number:,} {state.value}" for state, number in counts.items())
    cost = _cost(shop)
    say(f"Posts    {sum(counts.values()):,}: {totals}")
    say(f"Cost     {dollars(cost.to_come)} for {plural(cost.messages, 'message')}, when it is real")
    if rehearsal.assumed:
        shown = ", ".join(rehearsal.assumed[:_SHOWN])
        more = f" and {len(rehearsal.assumed) - _SHOWN:,} more" if len(rehearsal.assumed) > _SHOWN else ""
        say(
            f"Assumed  {plural(len(rehearsal.assumed), 'post')} as signed off, which nobody has done yet: {shown}{more}"
        )
    say("This was a rehearsal: nothing was sent, and nothing was saved.")
    say(f"Next: campaign-bot {'preview' if rehearsal.assumed else 'start'}")


def _counts(rehearsal: Rehearsal) -> dict[PostState, int]:
    from bot.lifecycle import state_of
    from bot.model import PostState

    counted = Counter(state_of(post) for post in rehearsal.posts)
    return {state: counted[state] for state in PostState if counted[state]}


def _cost(shop: Shop) -> Cost:
    from bot.cost import cost_of

    return cost_of(shop.bot.record.posts(), shop.bot.record.settings().prices)


def _as_json(
    shop: Shop, rehearsal: Rehearsal, timeline: list[TimelineEvent], found: tuple[Finding, ...]
) -> dict[str, object]:
    """Stable keys for programs. Instants are ISO 8601 in UTC, money is US dollars as a decimal string."""
    from bot.reports.words import utc_text

    return {
        "events": [
            {
                "at": utc_text(event.at),
                "code": event.code,
                "state": event.state.value,
                "part": event.part,
                "parts": event.parts,
                "title": event.title,
                "reason": event.reason or None,
                "late_seconds": event.late.total_seconds(),
            }
            for event in timeline
        ],
        "totals": {state.value: number for state, number in _counts(rehearsal).items()},
        "assumed_signed_off": list(rehearsal.assumed),
        "cost_to_come": str(_cost(shop).to_come),
        "findings": [
            {"severity": finding.severity.value, "rule": finding.rule, "post": finding.post_code or None}
            | {"message": finding.message}
            for finding in found
        ],
        "sent": 0,
    }
