"""One way in for usage logs: a CSV or Parquet file, or a database by its URL."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from bot.errors import Problem, UsageError
from bot.memory import without_collector
from bot.ranking import log_csv, log_duckdb
from bot.ranking.log_columns import LeaveOut, Wishes
from bot.ranking.moments import Window
from bot.ranking.usage import UsageLog

_PARQUET = frozenset({".parquet", ".pq"})


class Reader(StrEnum):
    """Who counts a CSV file. The result is the same, byte for byte."""

    BEST = "best"
    PYTHON = "python"


@without_collector()
def count_log(
    source: Path | str, window: Window, wishes: Wishes, *, query: str | None = None, reader: Reader = Reader.BEST
) -> tuple[UsageLog, tuple[LeaveOut, ...]]:
    """Count a usage log; a text is a database's URL. Gives the columns that say who is left out, too.

    Raises ListError for what is in the log, UsageError for what was asked.
    """
    if isinstance(source, str):
        from bot.ranking.sql import count_sql

        return count_sql(source, query, wishes, window)
    if query is not None:
        what = "--query is for databases, and this is a file."
        raise UsageError(Problem(what=what, where=str(source), remedy="Leave it out, or name sqlite:///FILE."))
    if source.suffix.lower() in _PARQUET:
        return log_duckdb.count_parquet(source, wishes, window)
    log = log_csv.open_log(source, wishes)
    marks = tuple(mark for _, mark in log.columns.marks)
    if reader is Reader.BEST and log_duckdb.is_installed():
        counted = log_duckdb.count_csv(log, window)
        if counted is not None:
            return counted, marks
    return log_csv.count_csv(log, window), marks
