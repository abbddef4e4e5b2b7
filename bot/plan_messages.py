"""What a person is told when a week cannot be planned as described, and what they should know when it can. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.config import LAWFUL_BASES
from bot.contribution import Moderation
from bot.days import days_between, is_weekend, say_day, say_duration, say_local
from bot.errors import Problem
from bot.model import SeriesKind
from bot.series import AT_A_TIME, wanted_posts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from bot.config import Config, Series
    from bot.model import Ranking

_PODIUM = 3
_OF_THE_LIST = frozenset({SeriesKind.WORKERS, SeriesKind.ORGANISATIONS, SeriesKind.WINNER})
_LONGEST_LIST = 10


@dataclass(frozen=True, kw_only=True)
class DayRoom:
    """One day's slots: how many there are, how many are still free, and how many have passed."""

    day: date
    slots: int
    free: int
    passed: int


def what_is_missing(config: Config, ranking: Ranking) -> tuple[Problem, ...]:
    """Everything that stops planning before any slot is looked at."""
    problems = [*_basis_problems(config)]
    problems += _contribution_problems(config, ranking)
    listed = any(series.kind in _OF_THE_LIST for series in config.series)
    if listed and not ranking.workers:
        problems.append(
            Problem(
                what="No list has been loaded yet.", remedy="Load the ranked list first: campaign-bot load LIST.csv"
            )
        )
        return tuple(problems)
    for series in config.series:
        problems += _series_problems(series, config, ranking)
    return tuple(problems)


def _contribution_problems(config: Config, ranking: Ranking) -> list[Problem]:
    """Nothing sent in, nothing approved, or approved without the consent that the lawful basis asks for."""
    if all(series.kind is not SeriesKind.CONTRIBUTIONS for series in config.series):
        return []
    approved = [one for one in ranking.contributions if one.state is Moderation.APPROVED]
    if not ranking.contributions:
        remedy = "Load what people sent in: campaign-bot contributions load FILE"
        return [Problem(what="There are no contributions yet.", remedy=remedy)]
    if not approved:
        waiting = count(sum(one.state is Moderation.WAITING for one in ranking.contributions), "contribution")
        remedy = "Read them one by one: campaign-bot contributions review"
        return [Problem(what=f"No contribution is approved yet; {waiting} waiting for a moderator.", remedy=remedy)]
    if config.privacy.basis != "consent":
        return []
    return [
        Problem(
            what="It is approved, but its author has not agreed, and config.toml gives consent as the lawful basis.",
            where=f"{one.code}, {one.said}",
            remedy=f'Ask, then: campaign-bot contributions edit {one.code} --consent "yes, …". Or turn it down.',
        )
        for one in approved
        if not one.consented
    ]


def _basis_problems(config: Config) -> list[Problem]:
    if config.privacy.basis:
        return []
    choices = ", ".join(f'"{basis}"' for basis in LAWFUL_BASES)
    return [
        Problem(
            what="The lawful basis on which people are named in public has not been chosen.",
            where="config.toml, [privacy] basis",
            remedy=f"Choose one of {choices}. If you are unsure, ask whoever looks after data protection.",
        )
    ]


def _series_problems(series: Series, config: Config, ranking: Ranking) -> list[Problem]:
    where = f"config.toml, [[series]] {series.name}"
    if series.kind is SeriesKind.WINNER:
        return [*_podium_problems(series, ranking, where), *_day_problems(series, config, where)]
    if series.kind not in _OF_THE_LIST:
        return _day_problems(series, config, where)
    problems = _day_problems(series, config, where)
    if not wanted_posts(series, ranking):
        problems.append(_nobody(series, ranking, where))
    return problems


def _nobody(series: Series, ranking: Ranking, where: str) -> Problem:
    if series.kind is SeriesKind.WORKERS:
        first, last = series.ranks
        lowest, highest = ranking.workers[0].rank, ranking.workers[-1].rank
        return Problem(
            what=f"Nobody on the list has a rank from {first} to {last}: the list has ranks {lowest} to {highest}.",
            where=where,
            remedy="Change ranks to ranks that are on the list, or take this series out.",
        )
    return Problem(
        what="The list names no organisations.",
        where=where,
        remedy="Fill in the list's organisation column and load it again, or take this series out.",
    )


def _podium_problems(series: Series, ranking: Ranking, where: str) -> list[Problem]:
    podium = [worker for worker in ranking.workers if worker.rank <= _PODIUM]
    problems = []
    gaps = [gap.rank for gap in ranking.gaps if gap.rank <= _PODIUM]
    places = sorted([worker.rank for worker in podium] + gaps)
    if len(places) < _PODIUM or places[0] != 1:
        problems.append(
            Problem(
                what=f"The winner thread needs the first three places, but the list has {len(places)} of them.",
                where=where,
                remedy="Add the missing ranks to the list and load it again, or take this series out.",
            )
        )
    if series.at is None:
        problems.append(
            Problem(what="The winner thread has no time.", where=where, remedy='Add a line such as at = "Fri 15:00".')
        )
    return problems


def _day_problems(series: Series, config: Config, where: str) -> list[Problem]:
    used = series.days if series.kind not in AT_A_TIME else (series.at.date(),) if series.at else ()
    weekend = [] if config.posting.weekends else [day for day in used if is_weekend(day)]
    if weekend:
        return [
            Problem(
                what=f"This series names {join_days(weekend)}, but nothing is posted at weekends.",
                where=where,
                remedy="Choose a weekday, or set weekends = true under [posting].",
            )
        ]
    if not used and series.kind not in AT_A_TIME:
        return [
            Problem(
                what=f"{_span(config)} has no weekday, and nothing is posted at weekends.",
                where="config.toml, [campaign] first_day",
                remedy="Choose days that include a weekday, or set weekends = true under [posting].",
            )
        ]
    return []


def week_is_over(config: Config, today: date) -> Problem:
    """The last day has passed."""
    monday = today + timedelta(days=7 - today.weekday())
    return Problem(
        what=f"{_span(config)} is in the past: in {config.zone} it is {say_day(today)}.",
        where="config.toml, [campaign] first_day and last_day",
        remedy=(
            f"Set first_day and last_day to days to come, such as {monday} and {monday + timedelta(days=4)}, "
            "and change any dates under [[series]]."
        ),
    )


def winner_has_passed(series: Series) -> Problem:
    """The winner thread's time is not in the future any more."""
    when = say_local(series.at) if series.at else "it"
    also = "" if series.kind is SeriesKind.WINNER else ", or take this series out"
    return Problem(
        what=f"{_thread(series)}'s time has passed: {when}.",
        where=f"config.toml, [[series]] {series.name} at",
        remedy=f"Set at to a time to come{also}.",
    )


def winner_is_crowded(series: Series, spacing: timedelta, neighbour: str) -> Problem:
    """Something that keeps its slot is too close to the winner thread."""
    when = say_local(series.at) if series.at else "its time"
    return Problem(
        what=f"{_thread(series)} at {when} is closer than {say_duration(spacing)} to {neighbour}.",
        where=f"config.toml, [[series]] {series.name} at",
        remedy="Move one of the two.",
    )


def _thread(series: Series) -> str:
    return "The winner thread" if series.kind is SeriesKind.WINNER else f"The {series.kind.value}"


def after_the_winner(names: Sequence[str], needed: int) -> Problem:
    """Posts are left over when the winner thread has had its time."""
    return Problem(
        what=f"{_quoted(names)}: {count(needed, 'post')} left, but the winner thread's time has passed.",
        where="config.toml, [[series]]",
        remedy="Nothing is planned after the winner thread by itself. Take the series out, or skip these posts.",
    )


def no_room(
    config: Config, names: Sequence[str], needed: int, rooms: Sequence[DayRoom], spacing: timedelta | None
) -> Problem:
    """More posts than slots. ``spacing`` is one that would do, if there is any."""
    free = sum(room.free for room in rooms)
    passed = sum(room.passed for room in rooms)
    listed = ", ".join(f"{room.day:%a} {room.day.day} {room.day:%b} {room.free}" for room in rooms[:_LONGEST_LIST])
    more = ", ..." if len(rooms) > _LONGEST_LIST else ""
    gone = f"; {count(passed, 'slot')} of these days {_has(passed)} passed" if passed else ""
    return Problem(
        what=f"{count(needed, 'post')} but {count(free, 'slot')} for {_quoted(names)} (free: {listed}{more}{gone}).",
        where=f"config.toml, [posting] {'times' if config.posting.times else 'spacing'}",
        remedy=_more_room(config, needed - free, rooms, spacing),
    )


def _more_room(config: Config, missing: int, rooms: Sequence[DayRoom], spacing: timedelta | None) -> str:
    elsewhere = "or give these series more days, or choose a longer or later week."
    if config.posting.times:
        open_days = sum(1 for room in rooms if room.passed < room.slots) or len(rooms)
        return f"Add at least {count(-(-missing // open_days), 'time')} a day to times, {elsewhere}"
    if spacing is None:
        return f"Lengthen window, {elsewhere}"
    return f'Set spacing = "{say_duration(spacing)}", or lengthen window, {elsewhere}'


def notes_on(config: Config, ranking: Ranking) -> list[str]:
    """What is unusual about the week or the series but stops nothing."""
    notes = []
    weekend = [day for day in days_between(config.first_day, config.last_day) if is_weekend(day)]
    if weekend and not config.posting.weekends:
        notes.append(f"{join_days(weekend)}: nothing is posted, because weekends = false.")
    lowest = max([worker.rank for worker in ranking.workers[-1:]] + [gap.rank for gap in ranking.gaps], default=0)
    has_winner = any(series.kind is SeriesKind.WINNER for series in config.series)
    for series in config.series:
        if series.kind is not SeriesKind.WORKERS:
            continue
        if max(series.ranks) > lowest:
            notes.append(f"“{series.name}” asks for rank {max(series.ranks)}, but the list ends at rank {lowest}.")
        if has_winner and min(series.ranks) <= _PODIUM:
            notes.append(f"“{series.name}” names people of the first three places; the winner thread announces them.")
    return notes


def passed_note(passed: Mapping[date, int], today: date) -> list[str]:
    """Which slots have gone by unused, from their number on each day."""
    earlier = sum(number for day, number in passed.items() if day < today)
    of_today = passed.get(today, 0)
    notes = []
    if earlier:
        notes.append(f"{count(earlier, 'slot')} of earlier days {_has(earlier)} passed and {_was(earlier)} not used.")
    if of_today:
        notes.append(f"{count(of_today, 'slot')} of today {_has(of_today)} passed and {_was(of_today)} not used.")
    return notes


def count(number: int, noun: str) -> str:
    """A number and its noun: "1 slot", "20 slots"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def join_days(days: Sequence[date]) -> str:
    """Dates as people list them; a long list is cut."""
    if len(days) > _LONGEST_LIST:
        return f"{say_day(days[0])} and {len(days) - 1} more"
    return _joined([say_day(day) for day in days])


def _quoted(names: Sequence[str]) -> str:
    return _joined([f"“{name}”" for name in names])


def _joined(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _span(config: Config) -> str:
    if config.first_day == config.last_day:
        return say_day(config.first_day)
    return f"The week from {say_day(config.first_day)} to {say_day(config.last_day)}"


def _has(number: int) -> str:
    return "has" if number == 1 else "have"


def _was(number: int) -> str:
    return "was" if number == 1 else "were"
