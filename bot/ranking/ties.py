"""Shared ranks: what is a tie, what is a mistake, and what is only worth a look. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from bot.errors import Problem
from bot.ranking.sheet import ListRow

_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """Rows with ``tied`` settled, in the order given; problems by row; notes on gaps and odd counts."""

    rows: tuple[ListRow, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]


def settle(rows: Sequence[ListRow], where: Callable[[int], str]) -> Ranked:
    """Decide each repeated rank. ``tied`` of a row says on the way in whether its rank was marked ("=3")."""
    groups: dict[int, list[ListRow]] = defaultdict(list)
    for row in rows:
        groups[row.rank].append(row)
    ranks = sorted(groups)
    following = dict(pairwise(ranks))
    tied: set[int] = set()
    problems = []
    for rank in ranks:
        what, remedy = _mistake(groups[rank], following.get(rank))
        if what:
            at = groups[rank][-1].row
            problems.append(Problem(what=what, where=where(at), remedy=remedy))
        elif len(groups[rank]) > 1:
            tied.add(rank)
    settled = tuple(row if row.tied == (row.rank in tied) else replace(row, tied=row.rank in tied) for row in rows)
    notes = () if problems else (*_gaps(groups, ranks), *_odd_counts(groups, ranks))
    return Ranked(rows=settled, problems=tuple(problems), notes=notes)


def _mistake(group: Sequence[ListRow], following: int | None) -> tuple[str, str]:
    """Say why the rows of one rank are no tie, and the remedy; two empty texts when all is well."""
    rank, size = group[0].rank, len(group)
    marked = sum(row.tied for row in group)
    if size == 1:
        remedy = "Take the mark away, or give the other row the same rank."
        return (f"Rank {rank} is marked as shared, but no other row has it.", remedy) if marked else ("", "")
    if marked == size:
        return "", ""
    counts = {row.count for row in group}
    remedy = f"If they share the rank, write ={rank} in each; if not, correct the ranks."
    why = ""
    if None in counts:
        why = "and without counts nothing says that it is a tie"
    elif len(counts) > 1:
        why = "but their counts differ"
    elif not marked and following is not None and following < rank + size:
        why = f"but rank {following} comes next instead of {rank + size}"
        remedy = f"Write ={rank} in each if it is a tie; the rank after them is then {rank + size}."
    places = _rows_named([row.row for row in group])
    return (f"Rank {rank} stands in {places}, {why}.", remedy) if why else ("", "")


def _gaps(groups: dict[int, list[ListRow]], ranks: Sequence[int]) -> Iterable[str]:
    """Yield what is unusual in the run of ranks; nothing is ever renumbered."""
    expected = 1
    missing: list[str] = []
    for rank in ranks:
        if rank > expected:
            missing.append(str(expected) if rank == expected + 1 else f"{expected} to {rank - 1}")
        elif rank < expected:
            yield f"Rank {rank} comes after a tie where rank {expected} is usual. Ranks stay as they are."
        expected = rank + len(groups[rank])
    if missing:
        more = f" and {len(missing) - _SHOWN} more gaps" if len(missing) > _SHOWN else ""
        yield f"No row has rank {', '.join(missing[:_SHOWN])}{more}. Ranks stay as they are."


def _odd_counts(groups: dict[int, list[ListRow]], ranks: Sequence[int]) -> Iterable[str]:
    rows = [row for rank in ranks for row in groups[rank] if row.count is not None]
    uneven = [rank for rank in ranks if len({row.count for row in groups[rank]}) > 1]
    if uneven:
        yield f"Rank {uneven[0]} is marked as shared though the counts differ."
    rising = [b.row for a, b in pairwise(rows) if a.rank < b.rank and (a.count or 0) < (b.count or 0)]
    if rising:
        yield f"A better rank has a lower count: see {_rows_named(rising[:_SHOWN])}."


def _rows_named(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"row {numbers[0]}"
    shown = [str(number) for number in numbers[:6]]
    if len(numbers) > len(shown):
        return f"rows {', '.join(shown)} and {len(numbers) - len(shown)} more"
    return f"rows {', '.join(shown[:-1])} and {shown[-1]}"
