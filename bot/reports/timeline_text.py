"""The timeline of a rehearsal or a watched run: one line for each thing that happened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.days import say_time
from bot.lifecycle import spoken
from bot.model import PostState
from bot.reports.words import one_line, short_day, symbol_and_word, symbol_of, zone_word

NOTABLE_LATENESS = timedelta(seconds=2)
"""Less is not worth a word: a post begins within a second of its slot."""

_WIDEST = max(len(state.value) for state in PostState) + 2


@dataclass(frozen=True, kw_only=True)
class TimelineEvent:
    """One thing that happened at an instant (UTC). ``part`` counts from 1; ``parts`` is 1 unless it is a thread.

    ``whose`` names campaign and account of a post that belongs to another campaign than the one that is watched.
    """

    at: datetime
    code: str
    state: PostState
    part: int = 1
    parts: int = 1
    title: str = ""
    whose: str = ""
    reason: str = ""
    late: timedelta = timedelta(0)


def timeline_text(events: Iterable[TimelineEvent], *, zone: ZoneInfo, colour: bool) -> str:
    """All events, with an empty line between days of the campaign's zone."""
    return "\n".join(_with_day_breaks(events, zone, colour=colour))


def timeline_line(event: TimelineEvent, *, zone: ZoneInfo, colour: bool) -> str:
    """``Mon 8 Mar 09:00 GMT  ✓ posted    w20  20th: ...``; lateness and reason follow when there are any."""
    local = event.at.astimezone(zone)
    moment = f"{short_day(local):>10} {say_time(local)} {zone_word(local)}"
    padding = " " * (_WIDEST - len(f"{symbol_of(event.state)} {event.state.value}"))
    code = f"{event.code} {event.part}/{event.parts}" if event.parts > 1 else event.code
    notes = [one_line(event.title)] if event.title else []
    if event.whose:
        notes.append(f"({one_line(event.whose)})")
    if event.late >= NOTABLE_LATENESS:
        notes.append(f"({spoken(event.late)} late)")
    if event.reason:
        notes.append(f"- {one_line(event.reason)}")
    word = symbol_and_word(event.state, colour=colour) + padding
    return "  ".join([moment, word, f"{code:<10}", " ".join(notes)]).rstrip()


def _with_day_breaks(events: Iterable[TimelineEvent], zone: ZoneInfo, *, colour: bool) -> Iterator[str]:
    day = None
    for event in events:
        today = event.at.astimezone(zone).date()
        if day is not None and today != day:
            yield ""
        day = today
        yield timeline_line(event, zone=zone, colour=colour)
