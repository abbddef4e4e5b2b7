"""The times of a usage log: which shapes are read, which stretch of time counts, and in whose zone. Pure.

A time without an offset is wall-clock time in the zone of the window; one with an offset is what it says. Texts of one
shape have one length, and their order as texts is their order in time: counting can be left to whoever is fastest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

_MOMENT = re.compile(
    r"(?P<day>(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2})"
    r"(?:(?P<mark>[T ])(?P<clock>(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?)"
    r"(?P<offset> ?(?:Z|UTC|GMT|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?))?)?"
)
_DAY_FIRST = re.compile(r"(?P<day>[0-9]{1,2})[/.-](?P<month>[0-9]{1,2})[/.-](?P<year>(?:19|20|21)[0-9]{2})")
# Every day of the calendar from 1900 to 2199 and no other, in what POSIX, RE2 and Python all understand.
_REAL_DAY = (
    "(?:(?:19|20|21)[0-9][0-9]-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    "|02-(?:0[1-9]|1[0-9]|2[0-8]))|(?:(?:19|21)(?:0[48]|[2468][048]|[13579][26])|20(?:[02468][048]|[13579][26]))-02-29)"
)
_CLOCKS = {0: "", 5: "(?:[01][0-9]|2[0-3]):[0-5][0-9]", 8: "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"}
_NO_TIME = timedelta(0)


class Shape(NamedTuple):
    """How a time is written: the sign between day and clock, the length of the clock, and the offset as a text."""

    mark: str
    clock: int
    suffix: str

    @property
    def length(self) -> int:
        """How many characters every time of this shape has."""
        return 10 + len(self.mark) + self.clock + len(self.suffix)

    @property
    def pattern(self) -> str:
        """A regular expression for a whole time of this shape, for POSIX, RE2 and Python."""
        decimals = self.clock - 9
        fraction = rf"[.]{'[0-9]' * decimals}" if decimals > 0 else ""
        clock = _CLOCKS[min(self.clock, 8)]
        return f"{_REAL_DAY}{self.mark}{clock}{fraction}{self.suffix.replace('+', '[+]')}"

    @property
    def offset(self) -> timedelta | None:
        """What is to be taken away to get to UTC; None for wall-clock time."""
        text = self.suffix.strip()
        if not text:
            return None
        if text in {"Z", "UTC", "GMT"}:
            return _NO_TIME
        digits = text[1:].replace(":", "").ljust(4, "0")
        size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        return -size if text[0] == "-" else size


class Moment(NamedTuple):
    """A time that was understood; ``instant`` is in UTC."""

    shape: Shape
    instant: datetime


@dataclass(frozen=True, kw_only=True)
class Window:
    """The stretch of time that counts, as wall-clock time in the zone: from ``since`` on, before ``until``.

    None leaves that side open. ``day_first`` reads 03/04/2026 as the third of April, too.
    """

    zone: ZoneInfo
    since: datetime | None = None
    until: datetime | None = None
    day_first: bool = False

    def contains(self, instant: datetime) -> bool:
        """Tell whether an aware instant counts."""
        after = self.since is None or instant >= self.since.replace(tzinfo=self.zone)
        return after and (self.until is None or instant < self.until.replace(tzinfo=self.zone))

    def bounds(self, offset: timedelta | None) -> tuple[datetime | None, datetime | None]:
        """Give both ends as a clock with this offset shows them; without offset as a clock of the zone does."""

        def shown(wall: datetime | None) -> datetime | None:
            if wall is None or offset is None:
                return wall
            return wall.replace(tzinfo=self.zone).astimezone(UTC).replace(tzinfo=None) + offset

        return shown(self.since), shown(self.until)

    def limits(self, shape: Shape) -> tuple[str, str]:
        """Give both ends as texts that compare rightly with times of a shape; an empty text is an open end."""
        first, last = self.bounds(shape.offset)
        return _least(first, shape), _least(last, shape)

    def read(self, text: str) -> Moment | None:
        """Understand a time; None when it cannot be read, or could be read in two ways."""
        iso = self.iso(text)
        found = _MOMENT.fullmatch(iso)
        if not found:
            return None
        clock = found["clock"] or ""
        shape = Shape(found["mark"] or "", len(clock), found["offset"] or "")
        try:
            wall = datetime.fromisoformat(f"{found['day']} {clock[:15] or '00:00'}")
            return Moment(shape, self.instant(wall, shape.offset))
        except (ValueError, OverflowError):
            return None

    def iso(self, text: str) -> str:
        """Turn 3/4/2026 into 2026-04-03 where the day comes first; everything else stays."""
        found = _DAY_FIRST.match(text) if self.day_first else None
        if not found:
            return text
        return f"{found['year']}-{found['month']:0>2}-{found['day']:0>2}{text[found.end() :]}"

    def instant(self, wall: datetime, offset: timedelta | None) -> datetime:
        """Turn a clock's time into an instant."""
        if offset is None:
            return wall.replace(tzinfo=self.zone).astimezone(UTC)
        return (wall - offset).replace(tzinfo=UTC)


def _least(bound: datetime | None, shape: Shape) -> str:
    """Spell a bound so short that every time from it on, in that shape, is the same text or a later one."""
    if bound is None:
        return ""
    mark = shape.mark or " "
    text = f"{bound:%Y-%m-%d}{mark}{bound:%H:%M:%S}"
    return text.removesuffix(":00").removesuffix(f"{mark}00:00")
