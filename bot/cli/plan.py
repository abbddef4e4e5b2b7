"""campaign-bot plan: every post its slot and text, and what changes."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

import click

from bot.cli.check import finding_lines, findings_json, next_after_check
from bot.cli.screen import Screen, pass_screen, say, say_json

if TYPE_CHECKING:
    from bot.core.planning import PlanResult
    from bot.digest import Change
    from bot.model import Slot
    from bot.reports.preview import Preview

_LARGE_PLAN = 500
"""Posts from which on writing the texts may take more than a second."""
_MOST_CHANGES, _MOST_ERRORS = 40, 20
_T = TypeVar("_T")


@click.command()
@click.option(
    "--respread",
    is_flag=True,
    help="Spread the week anew: even what is signed off may move, and then loses its sign-off.",
)
@click.option("--json", "as_json", is_flag=True, help="The result for programs.")
@pass_screen
def plan(screen: Screen, respread: bool, as_json: bool) -> None:
    """Give every post of the week one slot and its final text, and freeze both under a plan code.

    Run it again after every change to the list, the templates or config.toml: it shows what changes. What is signed
    off or posted never moves by itself.

    Example: campaign-bot plan

    What comes next: campaign-bot preview
    """
    with screen.shop() as shop:
        result = shop.bot.plan(respread=respread, progress=progress_bar)
        sheet = shop.bot.sheet()
    if as_json:
        say_json(_as_json(result, sheet))
        return
    for line in _plan_lines(result, sheet, colour=screen.colour):
        say(line)


def progress_bar(items: Iterable[_T], total: int) -> Iterator[_T]:
    """The items again; on a terminal, with a bar when there are many."""
    if total < _LARGE_PLAN or not sys.stderr.isatty():
        yield from items
        return
    with click.progressbar(items, length=total, label="Writing the texts", file=sys.stderr) as moving:
        yield from moving


def _plan_lines(result: PlanResult, sheet: Preview, *, colour: bool) -> Iterator[str]:
    from bot.reports.preview_text import cost_lines
    from bot.reports.words import MODE_LINES, bold, one_line
    from bot.wording import plural

    yield f"{bold(one_line(sheet.campaign), colour=colour)} · {MODE_LINES[sheet.mode]}"
    shown = f"{plural(sheet.posts, 'post')}, {plural(sheet.messages, 'message')}"
    yield f"plan {bold(result.plan_code, colour=colour)} · {shown} on @{sheet.account} · times in {sheet.zone}"
    yield ""
    yield from _days(sheet)
    yield f"Cost  {cost_lines(sheet)[0]}"
    if not result.first:
        yield from _changed(result, sheet)
    for note in result.notes:
        yield f"! {one_line(note)}"
    yield ""
    yield from _summed_up(sheet, colour=colour)
    yield f"Next: {next_after_check(sheet)}"


def _days(sheet: Preview) -> Iterator[str]:
    from bot.days import say_day, say_time
    from bot.wording import plural

    names = [say_day(day.date) for day in sheet.days]
    width = max((len(name) for name in names), default=0)
    for name, day in zip(names, sheet.days, strict=True):
        first, last = say_time(day.cards[0].local), say_time(day.cards[-1].local)
        times = f"at {first}" if first == last else f"from {first} to {last}"
        yield f"  {name.ljust(width)}  {plural(len(day.cards), 'post'):>8}  {times}"


def _changed(result: PlanResult, sheet: Preview) -> Iterator[str]:
    from bot.model import PostState
    from bot.wording import plural

    titles = _titles(sheet)
    yield ""
    if not result.changes:
        yield "Nothing has changed since the last plan."
    else:
        yield f"{plural(len(result.changes), 'change')} since the last plan:"
        for change in result.changes[:_MOST_CHANGES]:
            yield f"  {change.symbol} {change.code}  {_title(change, titles)}{_what(change)}"
        if len(result.changes) > _MOST_CHANGES:
            yield f"  … and {len(result.changes) - _MOST_CHANGES:,} more"
    for void in result.voided:
        yield f"! {void.code} has lost its sign-off: {void.why}"
    kept = dict(sheet.counts).get(PostState.APPROVED, 0)
    if kept:
        yield f"{plural(kept, 'signed-off post keeps', 'signed-off posts keep')} time and text."


def _titles(sheet: Preview) -> dict[str, str]:
    return {card.code: card.title for day in sheet.days for card in day.cards}


def _title(change: Change, titles: dict[str, str]) -> str:
    """Who it is about; a code that is free again may have gone to somebody else."""
    from bot.reports.words import one_line

    known = change.after is not None and change.code in titles
    return f"{one_line(titles[change.code])}, " if known else ""


def _what(change: Change) -> str:
    """What happened to a post, from when to when."""
    if change.before is None:
        return f"new, {_when(change.after.slot)}" if change.after else "new"
    if change.after is None:
        return f"gone (it was planned for {_when(change.before.slot)})"
    words = []
    if change.moved:
        words.append(f"from {_when(change.before.slot)} to {_when(change.after.slot)}")
    if change.rewritten:
        words.append("another text or picture")
    if change.before.code != change.after.code:
        words.append(f"was {change.before.code}")
    return ", ".join(words) or "another instant for the same local time"


def _when(slot: Slot) -> str:
    from bot.days import say_time
    from bot.reports.words import short_day

    return f"{short_day(slot.local)} {say_time(slot.local)}"


def _summed_up(sheet: Preview, *, colour: bool) -> Iterator[str]:
    from bot.reports.preview_text import findings_line

    yield f"Findings: {findings_line(sheet)}"
    for finding in sheet.errors[:_MOST_ERRORS]:
        yield from finding_lines(finding, sheet, colour=colour)
    if len(sheet.errors) > _MOST_ERRORS:
        yield f"  … and {len(sheet.errors) - _MOST_ERRORS:,} more: campaign-bot check"
    elif sheet.warnings:
        yield "  All of them: campaign-bot check"


def _as_json(result: PlanResult, sheet: Preview) -> dict[str, object]:
    titles = _titles(sheet)
    return {
        **findings_json(sheet),
        "first": result.first,
        "posts": sheet.posts,
        "messages": sheet.messages,
        "days": [{"date": day.date.isoformat(), "posts": len(day.cards)} for day in sheet.days],
        "changes": [_change_json(change, titles) for change in result.changes],
        "sign_offs_ended": [{"post": void.code, "why": void.why} for void in result.voided],
        "notes": list(result.notes),
    }


def _change_json(change: Change, titles: dict[str, str]) -> dict[str, object]:
    return {
        "kind": change.kind.value,
        "post": change.code,
        "title": titles.get(change.code) if change.after else None,
        "from": change.before.slot.local.isoformat() if change.before else None,
        "to": change.after.slot.local.isoformat() if change.after else None,
        "rewritten": change.rewritten,
    }
