"""The report for a terminal: every post in one line, then what went otherwise, totals, cost and numbers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from zoneinfo import ZoneInfo

from bot.days import say_day, say_time
from bot.lifecycle import spoken
from bot.metrics import KINDS, Counts
from bot.model import Mode, PostState
from bot.reports.preview_text import dollars
from bot.reports.report import NOTABLE_LATENESS, Report, ReportPost
from bot.reports.words import (
    MODE_LINES,
    bold,
    dim,
    made_at,
    one_line,
    short_moment,
    symbol_and_word,
    symbol_of,
    zone_word,
)
from bot.wording import plural

NOT_AVAILABLE = "not available"
PRACTISED = "PRACTICE: nothing was sent. Times and addresses below are those of the rehearsal."
_WIDEST = max(len(state.value) for state in PostState) + 2


def report_text(report: Report, *, colour: bool = False) -> str:
    """Times in the campaign's zone; with ``colour`` False there are no escape codes at all."""
    return "\n".join(_lines(report, colour=colour))


def _lines(report: Report, *, colour: bool) -> Iterator[str]:
    if report.mode is Mode.PRACTICE:
        yield bold(PRACTISED, colour=colour)
    yield f"{bold(one_line(report.campaign), colour=colour)} · {MODE_LINES[report.mode].partition(':')[0]}"
    yield f"plan {report.plan_code} · @{one_line(report.account)} · times in {report.zone}"
    yield bold(report.headline, colour=colour)
    for day, posts in groupby(report.posts, key=lambda post: post.local.date()):
        shown = list(posts)
        yield ""
        yield bold(f"{say_day(day)} · {plural(len(shown), 'post')}", colour=colour)
        for post in shown:
            yield from _post(post, report, colour=colour)
    yield ""
    yield from _otherwise(report, colour=colour)
    yield from (f"{label:<12}{line}" for label, line in summary(report))
    yield f"Next        {bold(report.next_command, colour=colour)}"


def _post(post: ReportPost, report: Report, *, colour: bool) -> Iterator[str]:
    word = symbol_and_word(post.state, colour=colour)
    padding = " " * (_WIDEST - len(f"{symbol_of(post.state)} {post.state.value}"))
    facts = [word + padding, f"{post.code:<9}", one_line(post.title)]
    yield f"{say_time(post.local)} {zone_word(post.local)}  " + "  ".join(facts)
    notes = [
        *([f"{post.progress} parts"] if post.progress else []),
        *([sent_line(post, report.zone)] if post.sent_at else []),
    ]
    if post.counts is not None:
        notes.append(counts_line(post.counts))
    if post.url:
        notes.append(post.url)
    if notes:
        yield "    " + dim(" · ".join(notes), colour=colour)


def sent_line(post: ReportPost, zone: str) -> str:
    """``sent 09:00``, and how late, with the day only where it is another one."""
    if post.sent_at is None:
        return ""
    local = post.sent_at.astimezone(ZoneInfo(zone))
    clock = f"{local:%H:%M:%S}" if local.date() == post.local.date() else short_moment(post.sent_at, ZoneInfo(zone))
    return f"sent {clock}{late_words(post, ', ')}"


def late_words(post: ReportPost, before: str = "") -> str:
    """``4 minutes late``; empty when it was in time."""
    return f"{before}{spoken(post.late)} late" if post.late is not None and post.late > NOTABLE_LATENESS else ""


def counts_line(counts: Counts) -> str:
    """``12 likes, 3 reposts``: what is known, and what is not; never a 0 in place of an unknown."""
    known = [number_of(counts, kind) for kind in KINDS if getattr(counts, kind) is not None]
    missing = [kind for kind in KINDS if getattr(counts, kind) is None]
    if not known:
        return f"numbers {NOT_AVAILABLE}"
    return ", ".join(known) + (f" ({' and '.join(missing)} {NOT_AVAILABLE})" if missing else "")


def number_of(counts: Counts, kind: str) -> str:
    """``1 like``, ``1,204 likes``, ``1 reply``."""
    value = getattr(counts, kind)
    if value is None:
        return NOT_AVAILABLE
    single = {"replies": "reply"}.get(kind, kind.removesuffix("s"))
    return f"{value:,} {single if value == 1 else kind}"


def _otherwise(report: Report, *, colour: bool) -> Iterator[str]:
    if not report.deviations:
        yield "Everything that was due went out as planned."
        return
    yield bold("What went otherwise than planned", colour=colour)
    for found in report.deviations:
        yield f"  {found.code:<9} {found.word:<10} {one_line(found.why)}".rstrip()
    yield ""


def summary(report: Report) -> Iterator[tuple[str, str]]:
    """Totals, label by label; an empty label goes on with the one before it."""
    states = ", ".join(f"{symbol_of(state)} {number:,} {state.value}" for state, number in report.counts)
    yield "Posts", f"{len(report.posts):,}: {states}"
    yield "Messages", f"{report.messages_out:,} of {report.messages:,} are out"
    if report.sent:
        yield "In time", _in_time(report)
    bill, *items = bill_lines(report)
    yield "Cost", bill
    yield from (("", item) for item in items)
    yield "Numbers", numbers_line(report)
    yield "Made", made_at(report.made_at)


def _in_time(report: Report) -> str:
    said = f"{len(report.sent) - report.late:,} of {plural(len(report.sent), 'post')} that went out"
    worst = report.latest
    return said if worst is None else f"{said}; the latest was {worst.code}, {late_words(worst)}"


def bill_lines(report: Report) -> list[str]:
    """The total, what it is made of, and what is not in it."""
    spending = report.spending
    would = "nothing; for real it would have been " if spending.hypothetical else ""
    lines = [f"{would}{dollars(spending.total)} on X's API"]
    lines += [f"{item.said}: {dollars(item.amount)}" for item in spending.items]
    return [*lines, *(f"not counted: {what}" for what in spending.uncounted)]


def numbers_line(report: Report) -> str:
    """Everything together, as of when."""
    if report.mode is Mode.PRACTICE:
        return "none: what was not sent, nobody can like"
    if report.as_of is None:
        return "never read yet: campaign-bot metrics"
    gone = sum(post.out == 0 or post.gone_at is not None for post in report.sent)
    unknown = len(report.sent) - len(report.measured) - gone
    more = f"; without {plural(gone, 'post')} that X does not show any more" if gone else ""
    more += f"; {plural(unknown, 'post')} not read yet" if unknown else ""
    return f"{counts_line(report.totals)}, {as_of(report)}{more}"


def as_of(report: Report) -> str:
    """``as of Fri 12 Mar 18:00 GMT``."""
    return f"as of {short_moment(report.as_of, ZoneInfo(report.zone))}" if report.as_of else "never read"
