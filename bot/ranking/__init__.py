"""Lists in, people out: a ranked list is read, checked cell by cell, and matched with the one known before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.memory import without_collector
from bot.ranking.changes import Change, ChangeKind, differences, rank_label
from bot.ranking.csv_source import read_csv
from bot.ranking.identity import Matched, Question, match, questions
from bot.ranking.parse import read_rows
from bot.ranking.sheet import ListRow, LoadedList, Sheet, SheetRow
from bot.ranking.tables import HEADINGS, describe, describe_changes

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "HEADINGS",
    "Change",
    "ChangeKind",
    "ListRow",
    "LoadedList",
    "Matched",
    "Question",
    "Sheet",
    "SheetRow",
    "describe",
    "describe_changes",
    "differences",
    "match",
    "questions",
    "rank_label",
    "read_list",
    "read_rows",
]


@without_collector()
def read_list(path: Path) -> LoadedList:
    """Read a ranked list from a CSV file. Raises ListError with every problem at once, each with its place."""
    return read_rows(read_csv(path))
