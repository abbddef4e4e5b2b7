"""A hashtag's numbers for people: on the screen, as a page for a browser, and for programs.

Where something is not counted, every number says "at least", and which time it is stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from html import escape
from itertools import groupby
from zoneinfo import ZoneInfo

from bot.days import say_day
from bot.reports import resource
from bot.reports.plots import Bar, plot_css, standing_bars
from bot.reports.words import short_day, short_moment, utc_text, zone_word
from bot.tally import Count, Gap, Hour
from bot.wording import plural

LIMITS = (
    "Counted by X's recent search, without reposts. It can miss posts: those of protected accounts, deleted ones, "
    "and some that X leaves out."
)
_WIDEST_BAR = 30


def count_text(count: Count, zone: ZoneInfo) -> str:
    """The table for a terminal."""
    return "\n".join([*_head(count, zone), *_table(count), *_foot(count, zone)])


def count_json(count: Count) -> dict[str, object]:
    """For programs: instants in UTC, money as decimal strings."""
    return {
        "hashtag": count.tag,
        "from": utc_text(count.begins_at),
        "as_of": utc_text(count.as_of),
        "complete": count.complete,
        "posts": count.posts,
        "own_posts": count.own,
        "people": count.people,
        "posts_without_author": count.nameless,
        "hours": [
            {"at": utc_text(hour.local), "posts": hour.posts, "own_posts": hour.own, "complete": hour.complete}
            for hour in count.hours
        ],
        "not_counted": [
            {"from": utc_text(gap.starts_at), "to": utc_text(gap.ends_at), "lost": gap.lost} for gap in count.gaps
        ],
        "cost": {"paid": str(count.paid), "unsettled": str(count.unsettled)},
    }


def count_html(count: Count, zone: ZoneInfo) -> str:
    """One page that loads nothing: the numbers, a plot for each day, and the table behind it."""
    head, *facts = _head(count, zone)
    body = [
        f"<h1>{escape(head)}</h1>",
        *(f"<p>{escape(line.strip())}</p>" for line in facts if line.strip()),
        *(_day_html(number, day, list(hours)) for number, (day, hours) in enumerate(_by_day(count.hours))),
        f'<p class="small">{escape(" ".join(line.strip() for line in _foot(count, zone)))}</p>',
    ]
    style = resource("hashtag.css") + plot_css()
    return (
        '<!doctype html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(head)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(body)
        + "\n</main>\n</body>\n</html>\n"
    )


def _head(count: Count, zone: ZoneInfo) -> Iterator[str]:
    least = "at least " if count.nameless and count.complete else ""
    people = plural(count.people, "person", "people")
    yield f"#{count.tag}: {_least(count)}{plural(count.posts, 'post')} by {least}{people}"
    if count.nameless:
        yield f"! X did not say who wrote {plural(count.nameless, 'post')} of these."
    own = f", {count.own:,} of them by the campaign's own account" if count.own else ""
    if count.as_of is not None:
        begin, end = short_moment(count.begins_at, zone), short_moment(count.as_of, zone)
        yield f"From {begin}, as of {end}{own}."
    for gap in count.gaps:
        yield f"! {_gap_words(gap, zone)}"
    yield ""


def _gap_words(gap: Gap, zone: ZoneInfo) -> str:
    span = f"{short_moment(gap.starts_at, zone)} to {short_moment(gap.ends_at, zone)}"
    if gap.lost:
        return f"Not counted: {span}. X's search goes back seven days, so this can no longer be read."
    return f"Not counted yet: {span}. Run campaign-bot hashtag again to go on."


def _least(count: Count) -> str:
    return "" if count.complete else "at least "


def _by_day(hours: Sequence[Hour]) -> Iterator[tuple[datetime, Iterator[Hour]]]:
    for _, group in groupby(hours, key=lambda hour: hour.local.date()):
        first, *rest = group
        yield first.local, iter((first, *rest))


def _table(count: Count) -> Iterator[str]:
    """Hours with posts, below their day. A bar is a picture of the number before it."""
    most = max((hour.posts for hour in count.hours), default=0) or 1
    digits = max((len(_number(hour)) for hour in count.hours), default=0)
    for day, found in _by_day(count.hours):
        hours = list(found)
        yield f"{short_day(day)}  {_total(hours)}"
        for hour in (each for each in hours if each.posts):
            bar = "█" * -(-_WIDEST_BAR * hour.posts // most)
            unsure = "" if hour.complete else "  not fully counted"
            yield f"  {_clock(hour)}  {_number(hour):>{digits}}  {bar}{unsure}".rstrip()
    if count.hours:
        yield ""


def _total(hours: Sequence[Hour]) -> str:
    posts = sum(hour.posts for hour in hours)
    total = plural(posts, "post")
    if not posts:
        return "not counted"
    return total if all(hour.complete for hour in hours) else f"at least {total}"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _number(hour: Hour) -> str:
    return f"{hour.posts:,}" if hour.complete else f"≥ {hour.posts:,}"


def _clock(hour: Hour) -> str:
    return f"{hour.local:%H:%M} {zone_word(hour.local)}"


def _foot(count: Count, zone: ZoneInfo) -> Iterator[str]:  # noqa: ARG001 - the three parts are called alike
    yield LIMITS
    unsettled = f", and up to US${count.unsettled:.2f} for calls without an answer" if count.unsettled else ""
    yield f"Reading #{count.tag} has cost about US${count.paid:.2f} so far{unsettled}."


def _day_html(number: int, day: datetime, hours: list[Hour]) -> str:
    """A plot of the whole day, and the same in a table for whoever wants the numbers."""
    bars = [Bar(label=f"{local:%H}", value=_sum_at(local, hours), said=_said(local, hours)) for local in _clocked(day)]
    plot = standing_bars(
        bars, name=f"day{number}", title=f"Posts by the hour, {short_day(day)}", description=f"{_total(hours)} in all."
    )
    rows = "".join(
        f"<tr><th scope='row'>{escape(_clock(hour))}</th><td>{escape(_number(hour))}</td><td>{hour.own:,}</td></tr>"
        for hour in hours
        if hour.posts
    )
    unsure = "" if all(hour.complete for hour in hours) else " What is not counted stands at the top."
    return (
        f"<section><h2>{escape(say_day(day.date()))}</h2><p>{escape(_sentence(_total(hours)))}.{unsure}</p>{plot}"
        "<details><summary>As a table</summary><table><thead><tr><th scope='col'>Hour</th><th scope='col'>Posts</th>"
        f"<th scope='col'>Own</th></tr></thead><tbody>{rows}</tbody></table></details></section>"
    )


def _clocked(day: datetime) -> list[datetime]:
    """The twenty-four hours that a clock shows; a repeated hour of autumn is drawn as one."""
    midnight = day.replace(hour=0, minute=0, tzinfo=None)
    return [midnight + timedelta(hours=hour) for hour in range(24)]


def _at(local: datetime, hours: Sequence[Hour]) -> list[Hour]:
    return [hour for hour in hours if hour.local.hour == local.hour]


def _sum_at(local: datetime, hours: Sequence[Hour]) -> int:
    return sum(hour.posts for hour in _at(local, hours))


def _said(local: datetime, hours: Sequence[Hour]) -> str:
    """Hours without posts carry no number."""
    there = _at(local, hours)
    total = sum(hour.posts for hour in there)
    if not total:
        return " "
    return f"{total:,}" if all(hour.complete for hour in there) else f"≥{total:,}"
