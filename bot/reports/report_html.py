"""The report as one page, in the style of the preview: no script, nothing loaded from anywhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from zoneinfo import ZoneInfo

from jinja2 import Environment, StrictUndefined

from bot.days import say_day, say_time
from bot.metrics import KINDS
from bot.model import Mode
from bot.reports import resource
from bot.reports.plots import Bar, Point, line, lying_bars, plot_css, standing_bars
from bot.reports.preview_html import LINKED_HOSTS, span_of
from bot.reports.report import BEST, Report, Share
from bot.reports.report_text import NOT_AVAILABLE, PRACTISED, as_of, late_words, sent_line, summary
from bot.reports.words import made_at, symbol_of, zone_word
from bot.wording import plural

_ENGAGEMENT = "Likes, replies, reposts and quotes together"
_MOST_ORGANISATIONS = 20


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One plot with what stands above it."""

    title: str
    about: str
    svg: str


def report_html(report: Report) -> str:
    """The whole page."""
    css = "".join((resource("preview.css"), plot_css(), resource("report.css")))
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(
        made_at=made_at, plural=plural, say_day=say_day, say_time=say_time, symbol=symbol_of, zone_word=zone_word
    )
    days = [(day, list(posts)) for day, posts in groupby(report.posts, key=lambda post: post.local.date())]
    return environment.from_string(resource("report.html.j2")).render(
        report=report,
        css=css,
        css_hash=base64.b64encode(hashlib.sha256(css.encode()).digest()).decode(),
        is_live=report.mode is Mode.LIVE,
        practised=PRACTISED,
        span=span_of([day for day, _ in days]),
        totals=_totals(report),
        as_of=as_of(report),
        kinds=KINDS,
        plots=dict(_plots(report)),
        days=days,
        clock=lambda post: sent_line(post, report.zone).removeprefix("sent ").partition(",")[0],
        late=late_words,
        number=lambda value: NOT_AVAILABLE if value is None else f"{value:,}",
        is_linked=lambda url: url.startswith(LINKED_HOSTS),
    )


def _totals(report: Report) -> list[tuple[str, list[str]]]:
    """What the terminal says, line by line under its label; the states have signs of their own above it."""
    found: list[tuple[str, list[str]]] = []
    for label, text in summary(report):
        if label:
            found.append((label, [text]))
        else:
            found[-1][1].append(text)
    return [(label, lines) for label, lines in found if label not in {"Posts", "Made"}]


def _plots(report: Report) -> Iterator[tuple[str, Figure]]:
    yield "sent", _sent_by_day(report)
    if report.as_of is None:
        return
    days = report.by_day()
    yield "days", _standing("days", "Engagement by day", f"{_ENGAGEMENT}, by the day of the post.", days)
    if len(report.moments) > 1:
        yield "time", _over_time(report)
    best = report.best()
    if best:
        bars = [
            Bar(label=f"{post.code}  {post.title}", value=_value(post.counts.engagement if post.counts else 0))
            for post in best
        ]
        yield "best", _lying("best", "The best five" if len(best) == BEST else "The best", f"{_ENGAGEMENT}.", bars)
    shares = report.by_organisation()
    if shares:
        yield "organisations", _organisations(shares)


def _sent_by_day(report: Report) -> Figure:
    sent = [post.local.date() for post in report.sent]
    planned = [post.local.date() for post in report.posts]
    days = list(dict.fromkeys(planned))
    bars = [
        Bar(label=_short(day), value=sent.count(day), said=f"{sent.count(day):,} of {planned.count(day):,}")
        for day in days
    ]
    about = "How many of the planned posts went out, by the day they were due."
    return Figure(title="Posts by day", about=about, svg=_standing_svg("sent", "Posts by day", about, bars))


def _standing(name: str, title: str, about: str, days: tuple[Share, ...]) -> Figure:
    bars = [
        Bar(
            label=_short(date.fromisoformat(day.name)),
            value=_value(day.counts.engagement),
            said="–" if day.counts.engagement is None else "",
        )
        for day in days
    ]
    return Figure(title=title, about=about, svg=_standing_svg(name, title, about, bars))


def _standing_svg(name: str, title: str, about: str, bars: list[Bar]) -> str:
    said = "; ".join(f"{bar.label}: {'not available' if bar.words == '–' else bar.words}" for bar in bars)
    return standing_bars(bars, name=f"plot-{name}", title=title, description=f"{about} {said}.")


def _lying(name: str, title: str, about: str, bars: list[Bar]) -> Figure:
    said = "; ".join(f"{bar.label}: {bar.words}" for bar in bars)
    svg = lying_bars(bars, name=f"plot-{name}", title=title, description=f"{about} {said}.")
    return Figure(title=title, about=about, svg=svg)


def _organisations(shares: tuple[Share, ...]) -> Figure:
    about = f"{_ENGAGEMENT}: posts about it and its people. The winner thread belongs to nobody."
    shown = shares[:_MOST_ORGANISATIONS]
    if len(shares) > len(shown):
        about += f" The first {len(shown)} of {len(shares):,}."
    bars = [
        Bar(
            label=f"{share.name} ({plural(share.posts, 'post')})",
            value=_value(share.counts.engagement),
            said=NOT_AVAILABLE if share.counts.engagement is None else "",
        )
        for share in shown
    ]
    return _lying("organisations", "By organisation", about, bars)


def _over_time(report: Report) -> Figure:
    zone = ZoneInfo(report.zone)
    points = [Point(at=moment.at.astimezone(zone), value=moment.engagement) for moment in report.moments]
    title, about = "Engagement over time", f"{_ENGAGEMENT}, at each reading."
    said = f"{about} From {points[0].value:,.0f} to {points[-1].value:,.0f}, in {report.readings.number:,} readings."
    return Figure(title=title, about=about, svg=line(points, name="plot-time", title=title, description=said))


def _value(number: int | None) -> int:
    return number or 0


def _short(day: date) -> str:
    return f"{day:%a} {day.day}"
