"""The [[series]] tables of config.toml -> Series, with their days worked out from the campaign's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from bot import config_values as values
from bot.config import SAFEGUARDS, Series
from bot.config_tables import FILE
from bot.contribution import PREFIX
from bot.days import days_between, is_weekend, say_day
from bot.errors import Problem
from bot.model import SeriesKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.config_tables import Document, Table

_KINDS = tuple(kind.value for kind in SeriesKind if kind is not SeriesKind.CORRECTION)
_ONCE = {
    SeriesKind.WINNER: "There can be one winner thread only.",
    SeriesKind.CONTRIBUTIONS: "There can be one series of contributions only.",
    SeriesKind.OPENING: "There can be one opening only.",
    SeriesKind.CLOSING: "There can be one closing only.",
}
"""Kinds that can be there once, and what is said where one is there twice."""
_AT_A_TIME = frozenset({SeriesKind.WINNER, SeriesKind.OPENING, SeriesKind.CLOSING})
_EXAMPLE = """[[series]]
kind = "workers"
ranks = "20-4"
days = "Mon-Thu\""""


@dataclass(frozen=True, kw_only=True)
class _Default:
    name: str
    code: str
    template: str


_DEFAULTS = {
    SeriesKind.WORKERS: _Default(name="Countdown", code="w", template="worker.txt.j2"),
    SeriesKind.ORGANISATIONS: _Default(name="Organisations", code="o", template="organisation.txt.j2"),
    SeriesKind.WINNER: _Default(name="Winner", code="winner", template="winner_thread.txt.j2"),
    SeriesKind.CONTRIBUTIONS: _Default(name="Contributions", code=PREFIX, template="contribution.txt.j2"),
    SeriesKind.OPENING: _Default(name="Opening", code="opening", template="opening.txt.j2"),
    SeriesKind.CLOSING: _Default(name="Closing", code="closing", template="closing.txt.j2"),
}


def read_series(document: Document, span: tuple[date, date] | None, *, weekends: bool) -> tuple[Series, ...]:
    """All series. ``span`` is the campaign's first and last day, None while these are wrong."""
    tables = document.tables("series")
    if not document.has("series"):
        document.problems.append(
            Problem(what="There is no series, so there is nothing to post.", where=FILE, remedy=f"Add one:\n{_EXAMPLE}")
        )
    found = [(table, _series(table, span, weekends=weekends)) for table in tables]
    known = [(table, series) for table, series in found if series is not None]
    _check_unique(known)
    _check_day(document, known)
    return tuple(series for _, series in known)


def _series(table: Table, span: tuple[date, date] | None, *, weekends: bool) -> Series | None:
    """One series; None, with nothing else said about it, when its kind is not known."""
    word = table.read("kind", values.one_of(_KINDS), "", example='"workers"')
    if not word:
        return None
    kind = SeriesKind(word)
    default = _DEFAULTS[kind]
    code = table.read("code", _code, default.code)
    series = Series(
        kind=kind,
        name=table.read("name", values.text, default.name if code == default.code else f"{default.name} {code}"),
        code=code,
        template=table.read("template", _template, default.template),
        ranks=table.read("ranks", values.ranks, (1, 1), example='"20-4"') if kind is SeriesKind.WORKERS else (1, 1),
        days=_days(table, span, weekends=weekends) if kind not in _AT_A_TIME else (),
        at=_at(table, span) if kind in _AT_A_TIME else None,
    )
    table.finish()
    return series


def _check_unique(found: list[tuple[Table, Series]]) -> None:
    codes: dict[str, str] = {}
    names: set[str] = set()
    kinds: set[SeriesKind] = set()
    for table, series in found:
        if series.code in codes:
            what = f"This series has the same code, “{series.code}”, as the series “{codes[series.code]}”."
            table.complain("code", what, f'Add a line such as code = "{series.code[:6]}x" to one of them.')
        elif series.name in names:
            table.complain("name", f"There are two series named “{series.name}”.", "Give one of them another name.")
        if series.kind in kinds and series.kind in _ONCE:
            table.complain("kind", _ONCE[series.kind], "Take one of them out.")
        kinds.add(series.kind)
        codes.setdefault(series.code, series.name)
        names.add(series.name)


def _check_day(document: Document, found: list[tuple[Table, Series]]) -> None:
    """What a day of contributions needs: its code, an opening before the closing, and all that keeps people safe."""
    by_kind = {series.kind: (table, series) for table, series in found}
    day = by_kind.get(SeriesKind.CONTRIBUTIONS)
    if day and day[1].code != PREFIX:
        day[0].complain("code", f"The code of contributions is always “{PREFIX}”.", "Take the line out.")
    opening, closing = by_kind.get(SeriesKind.OPENING), by_kind.get(SeriesKind.CLOSING)
    if opening and closing and opening[1].at and closing[1].at and opening[1].at >= closing[1].at:
        closing[0].complain("at", "The closing does not come after the opening.", "Change one of the two times.")
    off = document.table("checks").values.get("off")
    unsafe = sorted(SAFEGUARDS & set(off)) if day and isinstance(off, dict) else []
    for rule in unsafe:
        document.table("checks").complain(
            "off",
            f"{rule} cannot be switched off in a campaign with contributions: it keeps people safe who cannot object.",
            "Take it out. A named person can let single findings be, with a reason: campaign-bot check --waive",
        )


def _code(value: object) -> str:
    code = values.text(value)
    if not (code.isascii() and code.isalpha() and code.islower() and len(code) <= len("campaign")):
        raise values.WrongValueError(f"“{code}” cannot begin a post's code.", "Use one to eight small letters, a to z.")
    return code


def _template(value: object) -> str:
    name = values.text(value)
    if "/" in name or "\\" in name or name.startswith("."):
        raise values.WrongValueError(
            f"“{name}” is not the name of a template.", "Name a file of the templates folder, such as worker.txt.j2."
        )
    return name


def _days(table: Table, span: tuple[date, date] | None, *, weekends: bool) -> tuple[date, ...]:
    table.known.append("days")
    if span is None:
        return ()
    every = days_between(*span)
    default = tuple(day for day in every if weekends or not is_weekend(day))

    def parse(value: object) -> tuple[date, ...]:
        written = values.items(value, '["Mon", "Tue"]')
        if not written:
            raise values.WrongValueError("There are no days here.", 'Write it like "Mon-Thu".')
        return tuple(sorted({day for item in written for day in _named_days(item, every)}))

    return table.read("days", parse, default)


def _named_days(item: object, every: tuple[date, ...]) -> Iterable[date]:
    numbers = values.weekdays(item) if isinstance(item, str) else None
    if numbers is not None:
        found = [day for day in every if day.weekday() in numbers]
        if not found:
            raise values.WrongValueError(f"The campaign has no {item}.", f"Its days are {_span(every)}.")
        return found
    try:
        day = values.day(item)
    except values.WrongValueError as wrong:
        raise values.WrongValueError(
            wrong.what.replace("a date", "a day"), 'Write weekdays such as "Mon-Thu" or dates such as "2026-11-30".'
        ) from None
    return [_inside(day, every)]


def _inside(day: date, every: tuple[date, ...]) -> date:
    if not every[0] <= day <= every[-1]:
        raise values.WrongValueError(f"{say_day(day)} is outside the campaign.", f"Its days are {_span(every)}.")
    return day


def _span(every: tuple[date, ...]) -> str:
    return f"{say_day(every[0])} to {say_day(every[-1])}"


def _at(table: Table, span: tuple[date, date] | None) -> datetime | None:
    every = days_between(*span) if span else ()

    def parse(value: object) -> datetime | None:
        return _fixed_time(value, every) if every else None

    return table.read("at", parse, None, example='"Fri 15:00"')


def _fixed_time(value: object, every: tuple[date, ...]) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is None:
        return datetime.combine(_inside(value.date(), every), value.time().replace(microsecond=0))
    words = value.replace("T", " ").split() if isinstance(value, str) and value[:1].isdigit() else str(value).split()
    if len(words) != len(("day", "time")) or isinstance(value, datetime):
        raise values.WrongValueError(
            f"“{value}” is not a day and a time.",
            'Write it like "Fri 15:00" or "2026-12-04 15:00", in the campaign\'s zone.',
        )
    days = tuple(_named_days(words[0], every))
    if len(days) > 1:
        raise values.WrongValueError(
            f"“{words[0]}” is more than one day of the campaign.", f'Write the date: "{days[-1]} {words[1]}".'
        )
    return datetime.combine(days[0], values.moment(words[1]))
