"""The tables [checks], [[quiet]] and [budget] of config.toml."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from bot import config_values as values
from bot.config import NATIONS, QUIET_KINDS, UNWAIVABLE, Budget, Checks, QuietWindow
from bot.config_values import WrongValueError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.config_tables import Document, Table

_RULE = re.compile(r"[A-Z]+(?:-[A-Z]+)*")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
_MOMENT = re.compile(r"(?P<day>\d{4}-\d{2}-\d{2})(?:[ T](?P<time>\d{1,2}:\d{2}))?")
_MOST_POSTS = 100_000


def read_checks(document: Document, zone: str) -> Checks:
    """All settings are optional. ``zone`` is the campaign's, for windows that name none."""
    table = document.table("checks")
    checks = Checks(
        sensitive=table.read("sensitive", values.truth, False),
        planned_on=table.read("planned_on", lambda value: None if value == "" else values.day(value), None),
        nation=table.read("nation", _nation, NATIONS[0]),
        acronyms=table.read("acronyms", _words, ()),
        links=table.read("links", _hosts, ()),
        off=table.read("off", _off, ()),
        quiet=tuple(found for entry in document.tables("quiet") if (found := _window(entry, zone))),
    )
    table.finish()
    return checks


def read_budget(table: Table) -> Budget:
    """US dollars for the whole campaign, and posts a day."""
    budget = Budget(
        usd=table.read("usd", lambda value: None if value == "" else values.price(value), None),
        hashtag_usd=table.read("hashtag_usd", lambda value: None if value == "" else values.price(value), None),
        posts_a_day=table.read("posts_a_day", _number, Budget.posts_a_day),
    )
    table.finish()
    return budget


def _window(table: Table, campaign_zone: str) -> QuietWindow | None:
    """A window; a day means all of it, so ``to`` is the last quiet day."""
    zone = table.read("zone", values.zone, campaign_zone)
    name = table.read("name", values.text, "", example='"Local elections"')
    kind = table.read("kind", values.one_of(QUIET_KINDS), "other")
    begins = table.read("from", _moment(last=False), None, example="2027-03-25")
    ends = table.read("to", _moment(last=True), None, example="2027-05-06")
    table.finish()
    if begins is None or ends is None:
        return None
    if ends <= begins:
        table.complain("to", "This is before the beginning.", "Change one of the two; a day means all of it.")
        return None
    place = ZoneInfo(zone)
    starts_at, ends_at = (local.replace(tzinfo=place).astimezone(UTC) for local in (begins, ends))
    return QuietWindow(name=name, kind=kind, zone=zone, starts_at=starts_at, ends_at=ends_at)


def _moment(*, last: bool) -> Callable[[object], datetime | None]:
    """A day (its beginning, or with ``last`` its end), or day and time, on the window's clock (naive)."""

    def parse(value: object) -> datetime | None:
        if isinstance(value, datetime) and value.tzinfo is None:
            return value
        match = _MOMENT.fullmatch(value.strip()) if isinstance(value, str) else None
        if match and match["time"]:
            return datetime.combine(values.day(match["day"]), values.moment(match["time"]))
        found: date = values.day(value)
        return datetime.combine(found, time()) + timedelta(days=int(last))

    return parse


def _nation(value: object) -> str:
    word = " ".join(values.text(value).split()).casefold()
    for nation in NATIONS:
        if nation.casefold() == word:
            return nation
    listed = ", ".join(f'"{nation}"' for nation in NATIONS)
    raise WrongValueError(f"“{value}” is not known here.", values.did_you_mean(word, NATIONS) or f"Choose {listed}.")


def _words(value: object) -> tuple[str, ...]:
    return tuple(values.text(item) for item in values.items(value, '["RCN", "CHC"]'))


def _hosts(value: object) -> tuple[str, ...]:
    """Names such as example.org, from such names or from whole addresses."""
    found = []
    for item in values.items(value, '["example.org", "example.com"]'):
        written = values.text(item).casefold()
        host = urlsplit(written if "://" in written else f"//{written}").hostname or ""
        if not _HOST.fullmatch(host):
            raise WrongValueError(f"“{item}” is not the name of a website.", 'Write it like "example.org".')
        found.append(host.removeprefix("www."))
    return tuple(found)


def _off(value: object) -> tuple[tuple[str, str], ...]:
    """Checks by name, each with the reason why it is switched off. Whether there is such a check is asked later."""
    if not isinstance(value, dict):
        raise WrongValueError("This should be a table.", 'Write [checks.off] and below it: SENTENCE = "our own style".')
    found = []
    for name, reason in sorted(value.items()):
        if not _RULE.fullmatch(name):
            raise WrongValueError(f"“{name}” is not the name of a check.", "Names are such as SENTENCE or EMOJI-COUNT.")
        if name in UNWAIVABLE:
            raise WrongValueError(f"{name} cannot be switched off.", "Take it out.")
        if not isinstance(reason, str) or not reason.strip():
            raise WrongValueError(f"{name} is switched off without a reason.", f'Write {name} = "why".')
        found.append((name, values.text(reason)))
    return tuple(found)


def _number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _MOST_POSTS:
        raise WrongValueError(f"{value} is not a number of posts.", "Write a whole number, such as 50.")
    return value
