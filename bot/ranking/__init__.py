"""Lists in, people out: a ranked list is read, checked cell by cell, and matched with the one known before."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bot.memory import without_collector
from bot.ranking.changes import Change, ChangeKind, differences, rank_label
from bot.ranking.columns import NO_WISHES, Field
from bot.ranking.csv_source import read_bytes, read_csv
from bot.ranking.identity import Matched, Question, match, questions
from bot.ranking.parse import read_rows
from bot.ranking.sheet import ListRow, LoadedList, Sheet, SheetRow
from bot.ranking.tables import HEADINGS, describe, describe_changes, describe_consent
from bot.ranking.workbooks import is_workbook, read_workbook

__all__ = [
    "HEADINGS",
    "Change",
    "ChangeKind",
    "Field",
    "ListRow",
    "LoadedList",
    "Matched",
    "Question",
    "Sheet",
    "SheetRow",
    "describe",
    "describe_changes",
    "describe_consent",
    "differences",
    "match",
    "questions",
    "rank_label",
    "read_list",
    "read_pasted",
    "read_rows",
]


@without_collector()
def read_list(
    source: Path | str,
    *,
    folder: Path | None = None,
    sheet: str | None = None,
    query: str | None = None,
    columns: Mapping[Field, str] = NO_WISHES,
) -> LoadedList:
    """Read a ranked list from a CSV file, a workbook (``sheet``), or a database by its URL (``query``).

    ``columns`` gives headings for fields. ``folder`` is where photos are looked for when there is no file. Raises
    ListError with every problem at once, each with its place, and UsageError when the source makes no sense.
    """
    if isinstance(source, str):
        from bot.ranking.sql import read_sql

        return read_rows(read_sql(source, query, folder or Path()), columns)
    if is_workbook(source):
        return read_rows(read_workbook(source, sheet), columns)
    return read_rows(read_csv(source), columns)


@without_collector()
def read_pasted(data: bytes, *, folder: Path, columns: Mapping[Field, str] = NO_WISHES) -> LoadedList:
    """Read a list that was pasted, or came through a pipe. Raises ListError as ``read_list`` does."""
    return read_rows(read_bytes(data, name="what was pasted", folder=folder), columns)
