"""What one value of config.toml may look like. Every parser raises ``WrongValueError`` with a way out."""

from __future__ import annotations

import difflib
import re
import zoneinfo
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.config import IF_UNANSWERED, LAWFUL_BASES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_UNITS = {"s": 1, "m": 60, "h": 3600}
_LONGEST = timedelta(days=7)
_DURATION = re.compile(r"(?:(?P<h>\d{1,6})h)?(?:(?P<m>\d{1,6})m)?(?:(?P<s>\d{1,6})s)?")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_TO = re.compile(r"\s*(?:-|–|—|\bto\b)\s*")
_X_HANDLE = re.compile(r"[A-Za-z0-9_]{1,15}")
_YEARS = range(2000, 3000)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class WrongValueError(Exception):
    """A value cannot be used: what is wrong with it, and what to write instead."""

    def __init__(self, what: str, remedy: str = "") -> None:
        self.what = what
        self.remedy = remedy
        super().__init__(what)


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """A suggestion for a misspelt word, or an empty string."""
    by_case = {choice.casefold(): choice for choice in choices}
    near = difflib.get_close_matches(word.casefold(), by_case, n=1)
    return f"Did you mean “{by_case[near[0]]}”?" if near else ""


def text(value: object) -> str:
    """Words in quotes that say something."""
    words = text_or_empty(value)
    if not words:
        raise WrongValueError("This is empty.", "Write something between the quotes.")
    return words


def text_or_empty(value: object) -> str:
    """Words in quotes, or nothing between them."""
    if not isinstance(value, str):
        raise WrongValueError(f"{_shown(value)} should be text.", f'Write it in quotes: "{_shown(value)}".')
    if not value.isprintable():
        raise WrongValueError("This holds a line break or another unprintable sign.", "Write it in one line.")
    return value.strip()


def truth(value: object) -> bool:
    """A TOML boolean."""
    if not isinstance(value, bool):
        raise WrongValueError(f"{_shown(value)} should be true or false.", "Write true or false, without quotes.")
    return value


def if_unanswered(value: object) -> str:
    """What happens to a post that X neither answered nor shows."""
    words = value.strip().casefold() if isinstance(value, str) else ""
    if words not in IF_UNANSWERED:
        raise WrongValueError(
            f"{_shown(value)} is not something to do about a post without an answer.",
            'Write "hold" (you are asked; never a double) or "send again" (see docs/delivery.md for its price).',
        )
    return words


def day(value: object) -> date:
    """A date such as 2026-11-30, with or without quotes."""
    found = value
    if isinstance(value, str):
        try:
            found = date.fromisoformat(value.strip())
        except ValueError:
            found = None
    if not isinstance(found, date) or isinstance(found, datetime) or found.year not in _YEARS:
        raise WrongValueError(f"{_shown(value)} is not a date.", "Write year, month and day, such as 2026-11-30.")
    return found


def moment(value: object) -> time:
    """A time of day such as "09:00", on the campaign zone's clock."""
    if isinstance(value, time) and value.tzinfo is None:
        return value.replace(microsecond=0)
    match = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    try:
        hour, minute, second = (int(part or 0) for part in match.groups()) if match else (24, 0, 0)
        return time(hour, minute, second)
    except ValueError:
        raise WrongValueError(
            f"{_shown(value)} is not a time of day.", 'Write hours and minutes of the 24-hour clock, such as "15:30".'
        ) from None


def moments(value: object) -> tuple[time, ...]:
    """A list of times of day, in any order."""
    found = sorted(moment(item) for item in items(value, '["09:00", "12:30", "15:00"]'))
    for earlier, later in pairwise(found):
        if earlier == later:
            raise WrongValueError(f"{later:%H:%M} stands here twice.", "Take one of them out.")
    return tuple(found)


def window(value: object) -> tuple[time, time]:
    """Posting hours such as "09:00-17:00", on one day."""
    parts = _TO.split(value.strip()) if isinstance(value, str) else []
    if len(parts) != len(("from", "to")):
        raise WrongValueError(f"{_shown(value)} is not a pair of times.", 'Write it like "09:00-17:00".')
    first, last = moment(parts[0]), moment(parts[1])
    if first >= last:
        raise WrongValueError(
            f"{_shown(value)} ends before it begins.", "Write the earlier time first; both are on the same day."
        )
    return first, last


def duration(value: object) -> timedelta:
    """A length of time such as "90s", "30m" or "1h30m", of up to a week."""
    match = _DURATION.fullmatch(value.replace(" ", "").casefold()) if isinstance(value, str) and value.strip() else None
    if match is None:
        raise WrongValueError(
            f"{_shown(value)} is not a length of time.", 'Write a number and its unit, such as "90s", "30m" or "1h".'
        )
    length = timedelta(seconds=sum(int(number or 0) * _UNITS[unit] for unit, number in match.groupdict().items()))
    if length > _LONGEST:
        raise WrongValueError(f"{_shown(value)} is more than a week.", "Choose something shorter.")
    return length


def spacing(value: object) -> timedelta:
    """The shortest time between two posts: at least a second, at most a day."""
    length = duration(value)
    if not timedelta(seconds=1) <= length <= timedelta(days=1):
        raise WrongValueError(f"{_shown(value)} cannot be kept between posts.", 'Choose from "1s" to "24h".')
    return length


def zone(value: object) -> str:
    """An IANA time zone, such as "Europe/London"."""
    name = text(value)
    try:
        return zoneinfo.ZoneInfo(name).key
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        known = zoneinfo.available_timezones()
        by_city = {key.rpartition("/")[2]: key for key in sorted(known)}
        near = difflib.get_close_matches(name.replace(" ", "_").casefold(), [city.casefold() for city in by_city], n=1)
        city = next((key for place, key in by_city.items() if near and place.casefold() == near[0]), "")
        hint = did_you_mean(name, known) if "/" in name else f"Did you mean “{city}”?" if city else ""
        raise WrongValueError(
            f"There is no time zone “{name}”.", hint or 'Write it as continent and city, such as "Europe/London".'
        ) from None


def hashtags(value: object) -> tuple[str, ...]:
    """Hashtags with or without their "#", kept without."""
    found: list[str] = []
    for item in items(value, '["CareHeroes", "SocialCare"]'):
        word = text(item).removeprefix("#").removeprefix("\uff03")
        if not re.fullmatch(r"\w+", word) or not any(letter.isalpha() for letter in word):
            raise WrongValueError(
                f"“{word}” cannot be a hashtag.", "Use letters, digits and underscores, with at least one letter."
            )
        if word.casefold() in (known.casefold() for known in found):
            raise WrongValueError(f"“{word}” stands here twice.", "Take one of them out.")
        found.append(word)
    return tuple(found)


def web_address(value: object) -> str:
    """An http or https address without the slash at its end."""
    address = text(value)
    try:
        parts = urlsplit(address)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in address
        _ = parts.port
    except ValueError:
        fine = False
    if not fine:
        raise WrongValueError(f"“{address}” is not a web address.", "Write all of it, beginning with https://.")
    return address.rstrip("/")


def link(value: object) -> str | None:
    """A web address exactly as it should stand in posts; nothing between the quotes is no link."""
    address = text_or_empty(value)
    if address:
        web_address(address)
    return address or None


def handle(value: object) -> str:
    """An account's name, kept without its "@"."""
    name = text(value).removeprefix("@")
    if not name or any(letter.isspace() or letter in "/:" for letter in name):
        raise WrongValueError(f"“{name}” is not an account name.", 'Write it like "@example".')
    return name


def x_handle(name: str) -> None:
    """What X allows: https://help.x.com/en/managing-your-account/x-username-rules."""
    if not _X_HANDLE.fullmatch(name):
        raise WrongValueError(
            f"“{name}” cannot be an account on X.", "X's names have up to 15 letters, digits and underscores."
        )


def network(value: object) -> str:
    """The short name of a network."""
    name = text(value).casefold()
    if name == "twitter":
        raise WrongValueError("Twitter is called X now.", 'Write network = "x".')
    return name


def ranks(value: object) -> tuple[int, int]:
    """(first, last) in posting order from "20-4", "4 to 20" or 1."""
    parts = [str(value)] if isinstance(value, int) and not isinstance(value, bool) else []
    if isinstance(value, str):
        parts = _TO.split(value.strip())
    if len(parts) not in {1, 2} or not all(re.fullmatch(r"[0-9]{1,7}", part) and int(part) for part in parts):
        raise WrongValueError(
            f"{_shown(value)} is not a range of ranks.", 'Write first and last in posting order, such as "20-4".'
        )
    return int(parts[0]), int(parts[-1])


def weekdays(words: str) -> frozenset[int] | None:
    """Weekdays (Monday is 0) from "Mon", "Monday" or "Mon-Thu"; None when the words are no weekdays."""
    found = [_weekday(part) for part in _TO.split(words.strip())]
    if len(found) not in {1, 2} or any(number is None for number in found):
        return None
    first, last = found[0] or 0, found[-1] or 0
    return frozenset((first + step) % 7 for step in range((last - first) % 7 + 1))


def _weekday(word: str) -> int | None:
    plain = word.strip().rstrip(".").casefold().removesuffix("s")
    matches = [number for number, name in enumerate(_WEEKDAYS) if len(plain) >= len("mon") and name.startswith(plain)]
    return matches[0] if len(matches) == 1 else None


def price(value: object) -> Decimal:
    """US dollars for each request."""
    try:
        amount = Decimal(str(value)) if isinstance(value, Decimal | int | str) else Decimal("NaN")
    except InvalidOperation:
        amount = Decimal("NaN")
    if isinstance(value, bool) or not amount.is_finite() or amount < 0:
        raise WrongValueError(f"{_shown(value)} is not a price.", "Write US dollars, such as 0.015.")
    return amount


def basis(value: object) -> str | None:
    """A lawful basis of UK GDPR; empty means that nobody has chosen yet."""
    words = re.sub(r"[\s_-]+", " ", text_or_empty(value).casefold())
    if not words:
        return None
    for choice in LAWFUL_BASES:
        if words.removesuffix("s") == choice.removesuffix("s"):
            return choice
    choices = ", ".join(f'"{choice}"' for choice in LAWFUL_BASES)
    raise WrongValueError(
        f"“{words}” is not a lawful basis.", did_you_mean(words, LAWFUL_BASES) or f"Choose {choices}."
    )


def items(value: object, example: str) -> list[object]:
    """A TOML list that is not empty or, as people write it, one thing alone."""
    if isinstance(value, list):
        return value
    if isinstance(value, str) and "," in value:
        raise WrongValueError(f"{_shown(value)} is one text, not a list.", f"Write a list: {example}.")
    return [value]


def one_of(choices: tuple[str, ...]) -> Callable[[object], str]:
    """A parser for one of a few words."""

    def parse(value: object) -> str:
        word = text(value).casefold()
        if word not in choices:
            listed = ", ".join(f'"{choice}"' for choice in choices)
            raise WrongValueError(f"“{word}” is not known here.", did_you_mean(word, choices) or f"Choose {listed}.")
        return word

    return parse


def _shown(value: object) -> str:
    if isinstance(value, str):
        return f"“{value}”"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return "A table" if isinstance(value, dict) else "A list"
    return str(value)
