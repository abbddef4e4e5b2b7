"""A usage log counted by DuckDB, where the extra "analytics" is installed: CSV much faster, and Parquet at all."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.errors import ListError, Problem
from bot.ranking.log_columns import LeaveOut, Role, Wishes, find_columns
from bot.ranking.log_counting import TooOddError, count_in_database, doubtful, refuse_odd
from bot.ranking.log_csv import CsvLog, first_problems
from bot.ranking.log_sql import Engine, LogQuery, TimeKind
from bot.ranking.moments import Window
from bot.ranking.usage import Counted, UsageLog

if TYPE_CHECKING:
    from collections.abc import Sequence

_INSTALL = 'It needs DuckDB: pip install "campaign-bot[analytics]"; or export the log as CSV.'
# As little memory as it can do well with; nothing is fetched, nothing is written.
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "250MB",
    "preserve_insertion_order": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
_PATTERN_SIGNS = frozenset("*?[]{}")


def is_installed() -> bool:
    """Tell whether DuckDB can be imported, without importing it."""
    return importlib.util.find_spec("duckdb") is not None


def count_csv(log: CsvLog, window: Window) -> UsageLog | None:
    """Count a CSV file; None when there is anything in it that DuckDB may read otherwise than Python."""
    import duckdb

    if log.skipped or log.encoding != "utf-8-sig" or _PATTERN_SIGNS & set(str(log.path)):
        return None
    counted = Counted(window=window, source_name=log.path.name)
    columns = log.columns
    query = LogQuery(
        engine=Engine.DUCKDB,
        kind=TimeKind.TEXT,
        table=_csv_table(log),
        picked=[f"c{at}" for at in columns.needed],
        time=f"c{columns.indices[Role.TIME]}",
        window=window,
        shapes=(),
    )
    seen = False

    def ask(sql: str) -> Sequence[Sequence[Any]]:
        nonlocal seen
        rows = database.execute(sql).fetchall()
        seen = seen or any(map(doubtful, rows))
        return rows

    try:
        with duckdb.connect(config=_SETTINGS) as database:
            count_in_database(query, ask, counted)
    except (duckdb.Error, TooOddError):
        return None
    if seen:
        return None
    if counted.bad:
        counted.problems = list(first_problems(log, window))
    return counted.result(log.notes)


def count_parquet(path: Path, wishes: Wishes, window: Window) -> tuple[UsageLog, tuple[LeaveOut, ...]]:
    """Count a Parquet file. Raises ListError when it is none, or DuckDB is not installed."""
    if not is_installed():
        raise ListError(Problem(what="This is a Parquet file.", where=str(path), remedy=_INSTALL))
    import duckdb

    if not path.is_file():
        raise ListError(Problem(what="There is no such file.", where=str(path), remedy="Check the name and folder."))
    counted = Counted(window=window, source_name=path.name)
    table = f"read_parquet({_text(str(path))})"
    try:
        with duckdb.connect(config=_SETTINGS) as database:
            described = database.execute(f"DESCRIBE SELECT * FROM {table}").fetchall()  # noqa: S608  # the path is quoted
            columns = find_columns([row[0] for row in described], wishes, path.name)
            names = [f'"{row[0].replace(chr(34), chr(34) * 2)}"' for row in described]
            at = columns.indices[Role.TIME]
            query = LogQuery(
                engine=Engine.DUCKDB,
                kind=_kind(described[at][1]),
                table=table,
                picked=[names[one] for one in columns.needed],
                time=names[at],
                window=window,
                shapes=(),
            )
            count_in_database(query, lambda sql: database.execute(sql).fetchall(), counted)
    except TooOddError as error:
        raise refuse_odd(error, path.name) from None
    except duckdb.Error as error:
        what = f"The file could not be read as Parquet ({str(error).splitlines()[0][:200]})."
        raise ListError(Problem(what=what, where=str(path), remedy="Export it again, or export it as CSV.")) from None
    return counted.result(columns.notes()), tuple(mark for _, mark in columns.marks)


def _kind(column_type: str) -> TimeKind:
    if column_type.startswith("TIMESTAMP WITH TIME ZONE"):
        return TimeKind.INSTANT
    return TimeKind.WALL if column_type.startswith(("TIMESTAMP", "DATE")) else TimeKind.TEXT


def _csv_table(log: CsvLog) -> str:
    columns = ", ".join(f"'c{at}': 'VARCHAR'" for at in range(len(log.columns.headings)))
    return (
        f"read_csv({_text(str(log.path))}, delim={_text(log.delimiter)}, quote='\"', escape='\"', header=true, "
        f"auto_detect=false, strict_mode=true, columns={{{columns}}})"
    )


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
