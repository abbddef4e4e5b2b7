"""The question that counts a usage log, in SQL: the same for every database, which does the work. Pure text.

A time counts here only when it has one of the shapes that were seen in a sample, so that texts compare as times do.
What has another shape is not judged in SQL at all: it comes out as it is, and Python reads it. The only words that are not written here are
the person's own query, and column names that the database itself has given and quoted.
"""

# ruff: noqa: S608 - writing SQL is what this module is for; what stands in it is said above

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from bot.ranking.moments import Shape, Window

_MINUTES, _WHOLE_SECONDS = 5, 8
MOST_ODD = 100_000
"""How many groups of times with another shape are read one by one."""


class Engine(StrEnum):
    """The dialects whose functions on texts are known; every other one must give real dates."""

    DUCKDB = "duckdb"
    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"
    OTHER = "other"


class TimeKind(StrEnum):
    """What the database gives for a time: a text, or a date with or without a zone of its own."""

    TEXT = "text"
    WALL = "wall"
    INSTANT = "instant"


@dataclass(frozen=True, kw_only=True)
class LogQuery:
    """``table`` is what stands after FROM; ``picked`` and ``time`` are column names, quoted as the database wants."""

    engine: Engine
    kind: TimeKind
    table: str
    picked: Sequence[str]
    time: str
    window: Window
    shapes: Sequence[Shape]

    def groups(self) -> str:
        """Give for each key: rows, rows whose time has no known shape, uses, and the last time of each shape."""
        keys = ", ".join(f"k{at}" for at in range(len(self.picked)))
        return (
            f"SELECT {keys}, COUNT(*), COUNT(CASE WHEN shape < 0 THEN 1 END), "
            f"COUNT(CASE WHEN inside = 1 THEN 1 END), {self._latest()} "
            f"FROM (SELECT {keys}, moment, shape, {self._inside()} AS inside FROM ({self._shaped()}) AS shaped"
            f"{self._apart()}) AS judged GROUP BY {keys}"
        )

    def odd(self, limit: int = MOST_ODD + 1) -> str:
        """Give the rows whose time has no known shape: key, time (which of real times can only be none), how many."""
        text = self.kind is TimeKind.TEXT
        groups = ", ".join([*self.picked, *([self.time] if text else [])])
        columns = groups if text else f"{groups}, NULL"
        return f"SELECT {columns}, COUNT(*) FROM {self.table} {self._odd_only()} GROUP BY {groups} LIMIT {limit}"

    def times(self, limit: int) -> str:
        """Give a few times, as the database likes."""
        return f"SELECT {self.time} FROM {self.table} LIMIT {limit}"

    def odd_times(self, limit: int) -> str:
        """Give a few times that have no known shape."""
        return f"SELECT {self.time} FROM {self.table} {self._odd_only()} LIMIT {limit}"

    def _odd_only(self) -> str:
        return f"WHERE {self._shape(self.time)} < 0"

    def _apart(self) -> str:
        """Keep SQLite from working the shape out anew wherever it is used; a limit of -1 is none."""
        return " LIMIT -1" if self.engine is Engine.SQLITE else ""

    def _shaped(self) -> str:
        exact = " COLLATE BINARY" if self.engine is Engine.SQLITE else ""
        keys = ", ".join(f"{column}{exact} AS k{at}" for at, column in enumerate(self.picked))
        return f"SELECT {keys}, {self._moment()} AS moment, {self._shape(self.time)} AS shape FROM {self.table}{self._apart()}"

    def _moment(self) -> str:
        """Spell the time so that it compares as bytes, or as a whole number where that is what the engine gives best."""
        if self.kind is TimeKind.TEXT:
            return f'{self.time} COLLATE "C"' if self.engine is Engine.POSTGRESQL else self.time
        if self.engine is Engine.DUCKDB:
            return (
                f"epoch_us({self.time})"
                if self.kind is TimeKind.INSTANT
                else f"epoch_us(CAST({self.time} AS TIMESTAMP))"
            )
        return self.time

    def _shape(self, column: str) -> str:
        if self.kind is not TimeKind.TEXT:
            return f"(CASE WHEN {column} IS NULL THEN -1 ELSE 0 END)"
        if not self.shapes:
            return "-1"
        cases = " ".join(f"WHEN {self._fits(column, shape)} THEN {at}" for at, shape in enumerate(self.shapes))
        return f"(CASE {cases} ELSE -1 END)"

    def _fits(self, column: str, shape: Shape) -> str:
        if self.engine is Engine.DUCKDB:
            return f"regexp_full_match({column}, '{shape.pattern}')"
        if self.engine is Engine.POSTGRESQL:
            return f"{column} ~ '^{shape.pattern}$'"
        return _fits_in_sqlite(column, shape)

    def _inside(self) -> str:
        if self.kind is not TimeKind.TEXT:
            return self._between("shape >= 0", *self._native_limits())
        cases = [
            self._between(f"shape = {at}", *_quoted(self.window.limits(one))) for at, one in enumerate(self.shapes)
        ]
        return f"(CASE {' '.join(f'WHEN {case} THEN 1' for case in cases)} ELSE 0 END)" if cases else "0"

    def _between(self, condition: str, first: str, last: str) -> str:
        parts = [condition, f"moment >= {first}" if first else "", f"moment < {last}" if last else ""]
        both = " AND ".join(part for part in parts if part)
        return both if self.kind is TimeKind.TEXT else f"(CASE WHEN {both} THEN 1 ELSE 0 END)"

    def _native_limits(self) -> tuple[str, str]:
        offset = None if self.kind is TimeKind.WALL else timedelta(0)
        first, last = self.window.bounds(offset)
        return self._literal(first), self._literal(last)

    def _literal(self, bound: datetime | None) -> str:
        if bound is None:
            return ""
        if self.engine is Engine.DUCKDB:
            return str(int(bound.replace(tzinfo=UTC).timestamp() * 1_000_000))
        zoned = self.kind is TimeKind.INSTANT
        return f"TIMESTAMP{' WITH TIME ZONE' if zoned else ''} '{bound:%Y-%m-%d %H:%M:%S}{'+00:00' if zoned else ''}'"

    def _latest(self) -> str:
        if self.kind is not TimeKind.TEXT:
            return "MAX(CASE WHEN inside = 1 THEN moment END)"
        return (
            ", ".join(f"MAX(CASE WHEN inside = 1 AND shape = {at} THEN moment END)" for at in range(len(self.shapes)))
            or "NULL"
        )


def _fits_in_sqlite(column: str, shape: Shape) -> str:
    """SQLite knows no regular expressions, but patterns of signs; the 29th to 31st it must read, move by nothing and
    write again unchanged (https://www.sqlite.org/lang_datefunc.html says what it does with the 31st of April)."""
    clock = "[0-2][0-9]:[0-5][0-9]" + (":[0-5][0-9]" if shape.clock > _MINUTES else "")
    decimals = shape.clock - _WHOLE_SECONDS - 1
    fraction = f".{'[0-9]' * decimals}" if decimals > 0 else ""
    day = "[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]"
    pattern = f"{day}{shape.mark}{clock if shape.clock else ''}{fraction}{shape.suffix}"
    written = f"substr({column}, 1, 10)"
    parts = [
        f"{column} GLOB '{pattern}'",
        f"{column} >= '1900'",
        f"{column} < '2200'",
        f"substr({column}, 6, 2) BETWEEN '01' AND '12'",
        f"(substr({column}, 9, 2) BETWEEN '01' AND '28' OR strftime('%Y-%m-%d', {written}, '+0 days') = {written})",
        f"substr({column}, {11 + len(shape.mark)}, 2) < '24'" if shape.clock else "",
        f"typeof({column}) = 'text'",
    ]
    return f"({' AND '.join(part for part in parts if part)})"


def _quoted(limits: tuple[str, str]) -> tuple[str, str]:
    first, last = (f"'{limit}'" if limit else "" for limit in limits)
    return first, last
