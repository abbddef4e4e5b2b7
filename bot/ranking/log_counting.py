"""Has a database count a usage log, and puts its answer together. Knows no driver: whoever calls can ask questions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.errors import ListError, Problem
from bot.ranking.log_sql import MOST_ODD, LogQuery, TimeKind
from bot.ranking.moments import Shape
from bot.ranking.usage import LONGEST_CELL, Counted, as_text, key_of

SAMPLE = 1_000
_MOST_SHAPES = 24

Ask = Callable[[str], Sequence[Sequence[Any]]]


class TooOddError(Exception):
    """There are so many times of other shapes that reading them one by one is no help. ``examples`` are a few."""

    def __init__(self, examples: Sequence[str]) -> None:
        self.examples = tuple(examples)
        super().__init__(", ".join(self.examples))


def count_in_database(query: LogQuery, ask: Ask, counted: Counted) -> None:
    """Fill ``counted``. Raises TooOddError."""
    if query.kind is TimeKind.TEXT:
        query = _with_shapes(query, (row[0] for row in ask(query.times(SAMPLE))))
    width = len(query.picked)
    odd: Sequence[Sequence[Any]]
    while True:
        groups, odd = ask(query.groups()), []
        if any(row[width + 1] for row in groups):
            odd = ask(query.odd())
        if len(odd) <= MOST_ODD:
            break
        better = _with_shapes(query, (row[0] for row in ask(query.odd_times(SAMPLE))))
        if len(better.shapes) in {len(query.shapes), _MOST_SHAPES}:
            raise TooOddError([as_text(row[width])[:60] for row in odd[:3]])
        query = better
    for row in groups:
        _take(query, row, counted)
    for row in odd:
        counted.single(key_of(row[:width]), row[width], rows=int(row[width + 1]))


def refuse_odd(error: TooOddError, source_name: str) -> ListError:
    """Say that the times of a table are no times."""
    shown = ", ".join(f"“{text}”" for text in error.examples)
    remedy = "Turn them into real times in --query, or into texts such as 2026-03-31 14:05."
    return ListError(Problem(what=f"The times cannot be read: {shown} …", where=source_name, remedy=remedy))


def _with_shapes(query: LogQuery, times: Iterable[object]) -> LogQuery:
    found: dict[Shape, None] = dict.fromkeys(query.shapes)
    for time in times:
        moment = query.window.read(time) if isinstance(time, str) else None
        if moment and not (query.window.day_first and query.window.iso(str(time)) != time):
            found[moment.shape] = None
    return replace(query, shapes=tuple(found)[:_MOST_SHAPES])


def _take(query: LogQuery, row: Sequence[Any], counted: Counted) -> None:
    """Take one group. Its odd rows come one by one."""
    width = len(query.picked)
    rows, odd, uses = (int(value) for value in row[width : width + 3])
    if rows == odd:
        return
    instants = [one for value in row[width + 3 :] if (one := _instant(query, value))]
    counted.group(key_of(row[:width]), rows=rows - odd, uses=uses, latest=max(instants, default=None))


def _instant(query: LogQuery, value: Any) -> datetime | None:
    if value is None:
        return None
    if query.kind is TimeKind.TEXT:
        moment = query.window.read(value)
        return moment.instant if moment else None
    if isinstance(value, int):
        value = datetime.fromtimestamp(value / 1_000_000, UTC)
        return value if query.kind is TimeKind.INSTANT else query.window.instant(value.replace(tzinfo=None), None)
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)  # noqa: DTZ001  # a date on the wall of the window's zone
    return value.astimezone(UTC) if value.tzinfo else query.window.instant(value, None)


def doubtful(row: Sequence[Any]) -> bool:
    """Tell whether a row shows that quotation marks may have been understood otherwise than Python does."""
    cells = [cell for cell in row if isinstance(cell, str)]
    text = "".join(cells)
    if len(text) <= LONGEST_CELL and '"' not in text and "\n" not in text and "\r" not in text:
        return False
    return any(
        cell.lstrip().startswith('"') or len(cell) > LONGEST_CELL or not {"\n", "\r"}.isdisjoint(cell) for cell in cells
    )
