"""A series and a ranking -> which posts there are, in which order, under which codes. Pure."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.contribution import Moderation
from bot.model import SeriesKind

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.config import Series
    from bot.model import Organisation, Ranking

AT_A_TIME = frozenset({SeriesKind.WINNER, SeriesKind.OPENING, SeriesKind.CLOSING})
"""Kinds that make one post, at the time that config.toml names."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One post that a series asks for. ``number`` is the rank, or the place in the order of organisations.

    ``tie`` numbers those who share a rank from 1 in the list's order; 0 is somebody alone.
    """

    subject_id: str
    number: int
    tie: int = 0


def wanted_posts(series: Series, ranking: Ranking) -> tuple[Wanted, ...]:
    """The posts of a series in the order in which they should go out."""
    match series.kind:
        case SeriesKind.WORKERS:
            return _workers(series.ranks, ranking)
        case SeriesKind.ORGANISATIONS:
            ordered = sorted(ranking.organisations, key=_alphabetically)
            return tuple(
                Wanted(subject_id=organisation.organisation_id, number=number)
                for number, organisation in enumerate(ordered, start=1)
            )
        case SeriesKind.WINNER | SeriesKind.OPENING | SeriesKind.CLOSING:
            return (Wanted(subject_id=series.kind.value, number=0),)
        case SeriesKind.CONTRIBUTIONS:
            return tuple(
                Wanted(subject_id=one.contribution_id, number=one.number)
                for one in ranking.contributions
                if one.state is Moderation.APPROVED
            )
        case SeriesKind.CORRECTION:
            return ()


def post_code(series: Series, wanted: Wanted, *, digits: int, taken: Collection[str]) -> str:
    """The short code of a post: "w07", "w09a" in a tie, "o03", "winner"; a further letter where that is taken."""
    stem = series.code if series.kind in AT_A_TIME else f"{series.code}{wanted.number:0{digits}d}"
    if not wanted.tie and stem not in taken:
        return stem
    letter = max(wanted.tie, 1)
    while (code := stem + _letters(letter)) in taken:
        letter += 1
    return code


def code_digits(series: Series, ranking: Ranking) -> int:
    """How many digits a series' codes have: two, or as many as the largest number of the whole list needs."""
    if series.kind is SeriesKind.WORKERS:
        largest = max((worker.rank for worker in ranking.workers), default=0)
    elif series.kind is SeriesKind.CONTRIBUTIONS:
        largest = 0  # late arrivals must not give the others other codes
    else:
        largest = len(ranking.organisations)
    return max(2, len(str(largest)))


def _workers(ranks: tuple[int, int], ranking: Ranking) -> tuple[Wanted, ...]:
    first, last = ranks
    low, high = sorted(ranks)
    chosen = [worker for worker in ranking.workers if low <= worker.rank <= high]
    chosen.sort(key=lambda worker: worker.rank if first <= last else -worker.rank)
    sharing = Counter(worker.rank for worker in chosen)
    seen: Counter[int] = Counter()
    wanted: list[Wanted] = []
    for worker in chosen:
        seen[worker.rank] += 1
        tie = seen[worker.rank] if sharing[worker.rank] > 1 else 0
        wanted.append(Wanted(subject_id=worker.worker_id, number=worker.rank, tie=tie))
    return tuple(wanted)


def _alphabetically(organisation: Organisation) -> tuple[str, str, str]:
    """Accents and case do not count, so that "Éclair Homes" stands under E; ids settle equal names."""
    plain = "".join(
        letter for letter in unicodedata.normalize("NFKD", organisation.name) if not unicodedata.combining(letter)
    )
    return (plain.casefold(), organisation.name, organisation.organisation_id)


def _letters(number: int) -> str:
    """1 is "a", 26 is "z", 27 is "aa"."""
    text = ""
    while number:
        number, index = divmod(number - 1, len(_LETTERS))
        text = _LETTERS[index] + text
    return text
