"""How often a hashtag was used: which stretches of time are counted, which are still to be, and which never can be.

X's recent search gives the newest first and goes back seven days. Its ids grow with time, so a stretch of time is a
stretch of ids, and where the reading has come to is one id: nothing else is needed to go on after a crash, or days
later. Instants and ids are turned into each other by ``bot.publishers.snowflake``.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from bot.followed import Found, Search, Stored, Stretch
from bot.publishers.snowflake import first_id_of, instant_of

REACH = timedelta(days=7)
"""How far X's recent search goes back (https://docs.x.com/x-api/posts/search/introduction)."""
MARGIN = timedelta(minutes=15)
"""So much earlier than that a stretch counts as out of reach, so that no request is refused for a second."""
LAG = timedelta(seconds=60)
"""What is younger than this waits for the next reading: it may not be in X's index yet."""
FEWEST, MOST = 10, 100
"""Posts of one page, as X allows them."""
QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A time that is not counted, from one instant up to another. ``lost`` means that it never can be."""

    starts_at: datetime
    ends_at: datetime
    lost: bool


@dataclass(frozen=True, kw_only=True)
class Hour:
    """One hour on the campaign's clock (aware, in its zone). ``complete`` is false where a gap touches it."""

    local: datetime
    posts: int
    own: int
    complete: bool


@dataclass(frozen=True, kw_only=True)
class Count:
    """A hashtag's numbers. ``as_of`` is the instant up to which posts were asked for, None before the first reading.

    Where there are ``gaps``, every number is "at least"; ``people`` also where the network did not say who wrote
    ``nameless`` posts. Hours without posts are left out unless a gap touches them.
    """

    tag: str
    begins_at: datetime
    as_of: datetime | None
    posts: int
    people: int
    own: int
    nameless: int
    hours: tuple[Hour, ...]
    gaps: tuple[Gap, ...]
    paid: Decimal
    unsettled: Decimal

    @property
    def complete(self) -> bool:
        return not self.gaps


def horizon(now: datetime) -> int:
    """The lowest id that can still be asked for."""
    return first_id_of(now - REACH + MARGIN)


def prepare(stretches: Sequence[Stretch], *, begins_at: datetime, now: datetime) -> tuple[Stretch, ...]:
    """All stretches from the beginning of the campaign up to now, the oldest first; those without an id are new.

    What has slipped out of X's reach becomes a stretch of its own, open for ever.
    """
    oldest = max((stretch.below for stretch in stretches), default=first_id_of(begins_at)) - 1
    newest = first_id_of(now - LAG)
    fresh = (Stretch(above=oldest, below=newest, reached=newest),) if newest > oldest + 1 else ()
    limit = horizon(now)
    return tuple(sorted((part for one in (*stretches, *fresh) for part in _cut(one, limit)), key=lambda one: one.above))


def _cut(stretch: Stretch, limit: int) -> tuple[Stretch, ...]:
    """Part what X still gives from what it no longer gives, unless it is all one or the other."""
    if not stretch.is_open or limit <= stretch.above + 1 or stretch.reached <= limit:
        return (stretch,)
    gone = Stretch(above=stretch.above, below=limit, reached=limit)
    return gone, replace(stretch, above=limit - 1)


def next_stretch(stretches: Iterable[Stretch], now: datetime) -> Stretch | None:
    """What to read next: the oldest that is open, because it will be out of reach first."""
    limit = horizon(now)
    return next((stretch for stretch in stretches if stretch.is_open and stretch.reached > limit), None)


def page_size(room: Decimal, price: Decimal) -> int | None:
    """How many posts the next page may hold so that it surely costs no more than ``room``; None when X's fewest would."""
    if not price:
        return MOST
    affordable = int(room / price)
    return None if affordable < FEWEST else min(MOST, affordable)


def mark(key: str, kind: str, network_id: str) -> str:
    """What stands for an id: the same for the same id in one search, and different in another."""
    return hmac.new(bytes.fromhex(key), f"{kind}:{network_id}".encode(), hashlib.sha256).hexdigest()[:32]


def found(search: Search, network_id: str, author_id: str, *, own_id: str | None) -> Found:
    """What is kept of a post that the search gave."""
    at = instant_of(network_id)
    return Found(
        post_mark=mark(search.key, "post", network_id),
        author_mark=mark(search.key, "author", author_id) if author_id else "",
        quarter_at=at.replace(minute=at.minute - at.minute % 15, second=0, microsecond=0),
        own=bool(author_id) and author_id == own_id,
    )


def count_of(search: Search, stored: Stored, stretches: Sequence[Stretch], *, zone: ZoneInfo, now: datetime) -> Count:
    """A search's numbers for people."""
    gaps = _gaps(stretches, now)
    newest = max((stretch.below for stretch in stretches), default=None)
    return Count(
        tag=search.tag,
        begins_at=search.begins_at,
        as_of=None if newest is None else _instant(newest),
        posts=stored.posts,
        people=stored.people,
        own=stored.own,
        nameless=stored.nameless,
        hours=_hours(stored, gaps, zone),
        gaps=gaps,
        paid=stored.paid,
        unsettled=stored.unsettled,
    )


def _gaps(stretches: Sequence[Stretch], now: datetime) -> tuple[Gap, ...]:
    limit = horizon(now)
    found: list[Gap] = []
    for stretch in sorted((one for one in stretches if one.is_open), key=lambda one: one.above):
        parts = [part for part in _cut(stretch, limit) if part.is_open]
        found += [
            Gap(starts_at=_instant(part.above + 1), ends_at=_instant(part.reached), lost=part.reached <= limit)
            for part in parts
        ]
    return tuple(_joined(found))


def _joined(gaps: Iterable[Gap]) -> list[Gap]:
    """Neighbours of one kind become one."""
    joined: list[Gap] = []
    for gap in gaps:
        if joined and joined[-1].lost == gap.lost and joined[-1].ends_at >= gap.starts_at:
            joined[-1] = replace(joined[-1], ends_at=gap.ends_at)
        else:
            joined.append(gap)
    return joined


def _hours(stored: Stored, gaps: Sequence[Gap], zone: ZoneInfo) -> tuple[Hour, ...]:
    """By hours of the zone's clock; a repeated autumn hour is two, because their offsets differ."""
    sums: dict[datetime, tuple[int, int]] = {_hour_of(gap_hour, zone): (0, 0) for gap_hour in _touched(gaps)}
    for quarter_at, posts, own in stored.quarters:
        hour = _hour_of(quarter_at, zone)
        before = sums.get(hour, (0, 0))
        sums[hour] = before[0] + posts, before[1] + own
    return tuple(
        Hour(
            local=hour.astimezone(zone),
            posts=posts,
            own=own,
            complete=not any(gap.starts_at < hour + HOUR and hour < gap.ends_at for gap in gaps),
        )
        for hour, (posts, own) in sorted(sums.items())
    )


def _touched(gaps: Iterable[Gap]) -> Iterable[datetime]:
    """An instant in every hour that a gap touches, whatever the zone's offset: quarters are fine enough."""
    for gap in gaps:
        at = gap.starts_at
        while at < gap.ends_at:
            yield at
            at += QUARTER
        yield gap.ends_at - timedelta(microseconds=1)


def _hour_of(instant: datetime, zone: ZoneInfo) -> datetime:
    """The UTC instant at which the zone's hour began that this instant is in."""
    local = instant.astimezone(zone)
    return instant - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)


def _instant(network_id: int) -> datetime:
    return instant_of(str(max(network_id, 0)))
