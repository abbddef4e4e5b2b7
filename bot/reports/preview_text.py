"""The preview for a terminal: the week day by day, every text as it will be sent."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from decimal import Decimal

from bot.days import say_day, say_time
from bot.model import Finding, MessageState
from bot.reports.preview import Day, PartCard, PostCard, Preview
from bot.reports.words import (
    ACCEPTED_SYMBOL,
    MODE_LINES,
    SEVERITY_SYMBOLS,
    bold,
    dim,
    made_at,
    one_line,
    painted_severity,
    symbol_and_word,
    symbol_of,
    visible,
    zone_word,
)
from bot.wording import plural

_BAR = "  │ "
_BAR_AGAIN = "  ┊ "
_NARROWEST = 24


def preview_text(preview: Preview, *, width: int | None = 80, colour: bool = False) -> str:
    """``width`` in columns, None to leave lines as they are. A text's own lines begin with "│"; where a line had to
    be broken to fit, the rest begins with "┊". With ``colour`` False there are no escape codes at all."""
    return "\n".join(_lines(preview, width, colour=colour))


def dollars(amount: Decimal) -> str:
    """``US$0.57``; a third decimal only where it counts."""
    exact = f"{amount:,.3f}"
    return "US$" + exact.removesuffix("0")


def cost_lines(preview: Preview) -> list[str]:
    """What X's API will charge, and for what."""
    cost, prices = preview.cost, preview.prices
    lines = [f"{dollars(cost.total)} for {plural(cost.messages, 'message')} on X's API"]
    if cost.without_link:
        lines.append(f"{cost.without_link:,} without a link at {dollars(prices.post)}")
    if cost.with_link:
        extra = f" (the links cost {dollars(cost.links_extra)} extra)"
        lines.append(f"{cost.with_link:,} with a link at {dollars(prices.post_with_link)}{extra}")
    if cost.alt_texts:
        lines.append(f"{plural(cost.alt_texts, 'alternative text')} at {dollars(prices.alt_text)}")
    if cost.to_come != cost.total:
        lines.append(f"{dollars(cost.to_come)} of it still to come")
    if preview.budget_left is not None:
        left = preview.budget_left
        lines.append(
            f"{dollars(left)} of the budget left" if left >= 0 else f"{dollars(-left)} more than the budget allows"
        )
    return lines


def _lines(preview: Preview, width: int | None, *, colour: bool) -> Iterator[str]:
    yield f"{bold(one_line(preview.campaign), colour=colour)} · {MODE_LINES[preview.mode]}"
    shown = f"{plural(preview.posts, 'post')}, {plural(preview.messages, 'message')}"
    yield f"plan {preview.plan_code} · {shown} on @{one_line(preview.account)} · times in {preview.zone}"
    for day in preview.days:
        yield from _day(day, width, colour=colour)
    yield ""
    yield from _summary(preview, width, colour=colour)


def _day(day: Day, width: int | None, *, colour: bool) -> Iterator[str]:
    heading = f"{say_day(day.date)} · {plural(len(day.cards), 'post')}"
    yield ""
    yield bold(heading, colour=colour)
    yield "─" * min(len(heading), width or len(heading))
    for number, card in enumerate(day.cards):
        if number:
            yield ""
        yield from _card(card, width, colour=colour)


def _card(card: PostCard, width: int | None, *, colour: bool) -> Iterator[str]:
    state = symbol_and_word(card.state, colour=colour)
    title = bold(one_line(card.title), colour=colour)
    yield f"{say_time(card.local)} {zone_word(card.local)}  {state}  {card.code}  {title}"
    if card.reason:
        yield f"    {one_line(card.reason)}"
    for finding in card.findings:
        yield from _finding(finding, width, colour=colour)
    for part in card.parts:
        yield from _part(part, width, colour=colour)


def _part(part: PartCard, width: int | None, *, colour: bool) -> Iterator[str]:
    for line in visible(part.text).split("\n"):
        yield from _barred(line, width)
    count = f"{part.used} of {part.limit}"
    count += f", {part.over_by} over" if part.over_by else ""
    notes = [f"{part.number}/{part.total}"] if part.total > 1 else []
    notes.append(count)
    if part.total > 1 and part.state is not MessageState.PENDING:
        notes.append(f"{symbol_of(part.state)} {part.state.value}")
    if part.state is MessageState.POSTED and part.url:
        notes.append(part.url)
    yield "    " + dim(" · ".join(notes), colour=colour)
    for media in part.media:
        yield from _barred(f"Picture: {visible(media.alt_text) or '(no alternative text)'}", width, bar="    ")
    for finding in part.findings:
        yield from _finding(finding, width, colour=colour)


def _barred(line: str, width: int | None, bar: str = _BAR) -> Iterator[str]:
    room = max(_NARROWEST, width - len(bar)) if width else None
    pieces = _broken(line, room) if room else [line]
    yield (bar + pieces[0]).rstrip()
    again = _BAR_AGAIN if bar == _BAR else bar
    yield from (again + piece for piece in pieces[1:])


def _broken(line: str, room: int) -> list[str]:
    wrapper = textwrap.TextWrapper(width=room, replace_whitespace=False, drop_whitespace=True, break_on_hyphens=False)
    return wrapper.wrap(line) or [""]


def _finding(finding: Finding, width: int | None, *, colour: bool) -> Iterator[str]:
    if finding.accepted:
        text = f"{ACCEPTED_SYMBOL} {finding.rule}: {one_line(finding.message)} ({one_line(finding.accepted)})"
        yield from (dim(line, colour=colour) for line in _barred(text, width, "    "))
        return
    text = f"{SEVERITY_SYMBOLS[finding.severity]} {finding.severity.value} {finding.rule}: {one_line(finding.message)}"
    lines = [
        *_barred(text, width, "    "),
        *(_barred(f"  {one_line(finding.remedy)}", width, "    ") if finding.remedy else ()),
    ]
    yield from (painted_severity(line, finding.severity, colour=colour) for line in lines)


def _summary(preview: Preview, width: int | None, *, colour: bool) -> Iterator[str]:
    states = ", ".join(f"{symbol_of(state)} {number:,} {state.value}" for state, number in preview.counts)
    cost, *details = cost_lines(preview)
    yield f"States    {states or 'no posts yet'}"
    yield f"Cost      {cost}"
    yield from (f"          {line}" for line in details)
    yield f"Findings  {findings_line(preview)}"
    for finding in preview.campaign_findings:
        yield from _finding(finding, width, colour=colour)
    yield f"Plan code {bold(preview.plan_code or 'none', colour=colour)} · made {made_at(preview.made_at)}"
    if preview.next_command:
        yield f"Next      {bold(next_step(preview), colour=colour)}"


def findings_line(preview: Preview) -> str:
    """``2 errors block sign-off, 1 warning``."""
    errors, warnings = len(preview.errors), len(preview.warnings)
    blocked = plural(errors, "error blocks sign-off", "errors block sign-off")
    found = [*([blocked] if errors else []), *([plural(warnings, "warning")] if warnings else [])]
    settled = sum(1 for finding in preview.findings if finding.accepted)
    found += [f"{settled:,} waived or ticked"] if settled else []
    return ", ".join(found) or "none: every check passed"


def next_step(preview: Preview) -> str:
    """The next command, and what has to come before it."""
    return f"correct the errors, then: {preview.next_command}" if preview.errors else preview.next_command
